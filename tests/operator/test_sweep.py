from typing import cast

import pytest

from canary_operator.operator import sweep
from canary_operator.operator.store import Store
from canary_operator.operator.sweep import Sweep
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import DEPLOYMENTS, ROLLOUTS
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.operator.bodies import a_deployment, a_rollout


@pytest.fixture
def server() -> InMemoryKubernetes:
    return InMemoryKubernetes()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(told: list[str]) -> Store:
    return Store(changed=told.append)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No watch is going to bring anything."""
    monkeypatch.setattr(sweep, "PATIENCE_SECONDS", 0.0)


def a_sweep(server: InMemoryKubernetes, store: Store, *namespaces: str) -> Sweep:
    return Sweep(cast("Kubernetes", server), store, namespaces)


async def test_the_first_reading_brings_everything(server: InMemoryKubernetes, store: Store, told: list[str]) -> None:
    """Rollouts and what they refer to, in as many calls as there are pages."""
    server.seed(ROLLOUTS, a_rollout())
    server.seed(DEPLOYMENTS, a_deployment())
    server.seed(DEPLOYMENTS, a_deployment("other"))
    for resource in (ROLLOUTS, DEPLOYMENTS):
        await a_sweep(server, store).read(resource)
    assert told == ["checkout-uid", "checkout-uid"]
    assert store.get(DEPLOYMENTS, "shop", "checkout") is not None
    assert store.get(DEPLOYMENTS, "shop", "other") is None
    assert store.synced(DEPLOYMENTS)
    assert {call.verb for call in server.calls} == {"list"}


async def test_a_reading_after_a_gap_finds_ghosts(server: InMemoryKubernetes, store: Store) -> None:
    """What was deleted while its kind was not served is gone."""
    store.observe(ROLLOUTS, a_rollout())
    await a_sweep(server, store).read(ROLLOUTS)
    assert list(store.uids()) == []


async def test_a_kind_is_complete_when_all_that_was_listed_is_here(server: InMemoryKubernetes, store: Store) -> None:
    """What the watches brought is not read again."""
    store.observe(ROLLOUTS, server.seed(ROLLOUTS, a_rollout()))
    assert not store.synced(ROLLOUTS)
    await a_sweep(server, store).once(ROLLOUTS)
    assert store.synced(ROLLOUTS)
    assert [call.verb for call in server.calls] == ["list"]


@pytest.mark.usefixtures("impatient")
async def test_what_no_watch_brings_is_read(server: InMemoryKubernetes, store: Store, told: list[str]) -> None:
    """Each object by itself, and its rollout is told."""
    server.seed(ROLLOUTS, a_rollout())
    await a_sweep(server, store).once(ROLLOUTS)
    assert told == ["checkout-uid"]
    assert store.body("checkout-uid") is not None


@pytest.mark.usefixtures("impatient")
async def test_ghosts_are_found(server: InMemoryKubernetes, store: Store, told: list[str]) -> None:
    """A deletion in the time between two watches is reported by nobody else."""
    store.observe(ROLLOUTS, a_rollout(version=200))
    await a_sweep(server, store).once(ROLLOUTS)
    assert store.body("checkout-uid") is None
    assert told == ["checkout-uid", "checkout-uid"]


@pytest.mark.usefixtures("impatient")
async def test_an_object_made_during_the_sweep_is_no_ghost(store: Store) -> None:
    """It is missing in the list, so it is asked for before anything is dropped."""

    class Late(InMemoryKubernetes):
        async def list(self, *_: object, **__: object) -> list[dict[str, object]]:
            store.observe(ROLLOUTS, self.seed(ROLLOUTS, a_rollout()))
            return []

    await a_sweep(Late(), store).once(ROLLOUTS)
    assert store.body("checkout-uid") is not None


@pytest.mark.usefixtures("impatient")
async def test_only_the_namespaces_that_are_ours_are_listed(server: InMemoryKubernetes, store: Store) -> None:
    """In namespaced mode nothing else may be asked."""
    server.seed(ROLLOUTS, a_rollout())
    await a_sweep(server, store, "other").once(ROLLOUTS)
    assert list(store.uids()) == []
    await a_sweep(server, store, "other", "shop").once(ROLLOUTS)
    assert list(store.uids()) == ["checkout-uid"]


async def test_foreign_objects_are_not_read(server: InMemoryKubernetes, store: Store) -> None:
    """A sweep over a cluster with many Deployments costs its list and nothing more."""
    server.seed(DEPLOYMENTS, a_deployment("other"))
    await a_sweep(server, store).once(DEPLOYMENTS)
    assert [call.verb for call in server.calls] == ["list"]
    assert store.synced(DEPLOYMENTS)
