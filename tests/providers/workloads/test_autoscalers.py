from typing import Any, cast

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import AUTOSCALERS
from canary_operator.providers.workloads.autoscalers import Autoscalers
from tests.doubles.kubernetes import InMemoryKubernetes


def an_autoscaler(name: str, kind: str = "Deployment") -> dict[str, Any]:
    return {
        "metadata": {"name": f"{kind}-{name}".lower(), "namespace": "shop"},
        "spec": {"scaleTargetRef": {"kind": kind, "name": name}},
    }


@pytest.fixture
def cluster() -> InMemoryKubernetes:
    return InMemoryKubernetes()


@pytest.fixture
def autoscalers(cluster: InMemoryKubernetes) -> Autoscalers:
    return Autoscalers(cast("Kubernetes", cluster))


@pytest.mark.parametrize(
    ("present", "found"),
    [
        ([], False),
        ([an_autoscaler("checkout")], True),
        ([an_autoscaler("cart"), an_autoscaler("checkout", "StatefulSet")], False),
    ],
)
async def test_an_autoscaler_belongs_to_what_it_names(
    cluster: InMemoryKubernetes, autoscalers: Autoscalers, present: list[dict[str, Any]], *, found: bool
) -> None:
    """By kind and name."""
    for body in present:
        cluster.seed(AUTOSCALERS, body)
    assert await autoscalers.size("shop", "checkout", uid="u", revision="1") is found


async def test_the_question_is_asked_once_for_each_revision(
    cluster: InMemoryKubernetes, autoscalers: Autoscalers
) -> None:
    """Passes cost no call; a new revision, or a rollout that was forgotten, asks anew."""
    for revision in ("1", "1", "2", "2"):
        await autoscalers.size("shop", "checkout", uid="u", revision=revision)
    assert len(cluster.calls) == 2
    autoscalers.forget("u")
    await autoscalers.size("shop", "checkout", uid="u", revision="2")
    assert len(cluster.calls) == 3


async def test_no_answer_is_asked_again(
    cluster: InMemoryKubernetes, autoscalers: Autoscalers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage is neither an answer nor remembered as one."""

    async def silent(*_: Any) -> list[dict[str, Any]]:
        raise Unavailable("no answer")

    with monkeypatch.context() as outage:
        outage.setattr(InMemoryKubernetes, "list", silent)
        assert await autoscalers.size("shop", "checkout", uid="u", revision="1") is False
    cluster.seed(AUTOSCALERS, an_autoscaler("checkout"))
    assert await autoscalers.size("shop", "checkout", uid="u", revision="1") is True
