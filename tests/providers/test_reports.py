from typing import Any, cast

import pytest

from canary_operator.errors import Conflict
from canary_operator.ports import Identity
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.reports import RUN, KubernetesReports, report_name
from canary_operator.providers.resources import CONFIG_MAPS
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.reports import a_course, a_report

ROLLOUT = Identity("shop", "checkout", "u-1")
NAME = "checkout-report-0ffc804682-3"


@pytest.fixture
def server() -> InMemoryKubernetes:
    return InMemoryKubernetes()


def reports(server: InMemoryKubernetes, newest: int = 5) -> KubernetesReports:
    return KubernetesReports(cast("Kubernetes", server), newest=newest)


def names(server: InMemoryKubernetes) -> set[str]:
    return {name for plural, _, name in server.objects if plural == "configmaps"}


def body(server: InMemoryKubernetes, name: str = NAME) -> dict[str, Any]:
    return server.objects["configmaps", "shop", name]


async def test_a_report_is_a_config_map_of_the_rollout(server: InMemoryKubernetes) -> None:
    """Three files, our labels, and gone with its owner."""
    await reports(server).keep(ROLLOUT, a_report(a_course(3, 0.5)))
    made = body(server)
    assert set(made["data"]) == {"data.json", "report.md", "report.html"}
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("CanaryRollout", "checkout", "u-1")
    assert made["metadata"]["labels"][RUN] == "0ffc804682-3"
    assert made["metadata"]["labels"]["canary-operator.dev/rollout"] == "checkout"


async def test_a_later_report_of_the_run_takes_its_place(server: InMemoryKubernetes) -> None:
    """Over exactly the version that was read, and it can be read back."""
    store = reports(server)
    await store.keep(ROLLOUT, a_report())
    await store.keep(ROLLOUT, a_report(verdict="later"))
    assert names(server) == {NAME}
    assert "later" in body(server)["data"]["report.html"]
    kept = await store.kept(ROLLOUT, "0ffc804682-3")
    assert kept is not None
    assert kept.verdict == "later"


async def test_a_report_that_somebody_changed_meanwhile_is_not_overwritten(server: InMemoryKubernetes) -> None:
    """The next attempt reads it again."""
    store = reports(server)
    await store.keep(ROLLOUT, a_report())
    server.before_write = lambda: cast("None", server.seed(CONFIG_MAPS, {**body(server), "data": {"x": "y"}}))
    with pytest.raises(Conflict):
        await store.keep(ROLLOUT, a_report(verdict="later"))
    assert body(server)["data"] == {"x": "y"}


@pytest.mark.parametrize("owner", [None, "another-uid"])
async def test_nobody_elses_config_map_is_touched(server: InMemoryKubernetes, owner: str | None) -> None:
    """Whatever it is called, also that of a rollout of the same name which was deleted."""
    metadata: dict[str, Any] = {"name": NAME, "namespace": "shop", "labels": {RUN: "x"}}
    if owner is not None:
        metadata["ownerReferences"] = [{"uid": owner}]
    server.seed(CONFIG_MAPS, {"metadata": metadata, "data": {"theirs": "1"}})
    with pytest.raises(Conflict):
        await reports(server).keep(ROLLOUT, a_report())
    assert await reports(server).kept(ROLLOUT, "0ffc804682-3") is None
    assert body(server)["data"] == {"theirs": "1"}


async def test_the_oldest_reports_go(server: InMemoryKubernetes) -> None:
    """By the run's number, not by its name; others' stay, also those that merely look like one."""
    labels = {"canary-operator.dev/rollout": "checkout", "app.kubernetes.io/managed-by": "canary-operator"}
    other = {
        "name": "other",
        "namespace": "shop",
        "labels": {**labels, RUN: "a-1"},
        "ownerReferences": [{"uid": "u-2"}],
    }
    plain = {"name": "plain", "namespace": "shop", "labels": labels, "ownerReferences": [{"uid": "u-1"}]}
    for metadata in (other, plain):
        server.seed(CONFIG_MAPS, {"metadata": metadata})
    for number in range(8, 12):
        await reports(server, newest=2).keep(ROLLOUT, a_report(run=f"{'fa'[number % 2]}-{number}"))
    assert names(server) == {"checkout-report-f-10", "checkout-report-a-11", "other", "plain"}


async def test_none_is_written_where_none_is_wanted(server: InMemoryKubernetes) -> None:
    """Not even asked for."""
    await reports(server, newest=0).keep(ROLLOUT, a_report())
    assert await reports(server, newest=0).kept(ROLLOUT, "0ffc804682-3") is None
    assert server.calls == []


@pytest.mark.parametrize("data", [{}, {"data.json": "{"}, {"data.json": "{}"}])
async def test_what_cannot_be_read_is_no_report(server: InMemoryKubernetes, data: dict[str, str]) -> None:
    """Somebody edited it, or it is of another version; the next write makes it whole."""
    store = reports(server)
    await store.keep(ROLLOUT, a_report())
    server.seed(CONFIG_MAPS, {**body(server), "data": data})
    assert await store.kept(ROLLOUT, "0ffc804682-3") is None
    await store.keep(ROLLOUT, a_report())
    assert await store.kept(ROLLOUT, "0ffc804682-3") is not None


@pytest.mark.parametrize(
    ("rollout", "run", "name"),
    [
        ("checkout", "0ffc804682-3", "checkout-report-0ffc804682-3"),
        ("checkout", "V1.4_rc-1", "checkout-report-v1-4-rc-1"),
        ("a" * 235, "0ffc804682-123", None),
        ("a." * 117 + "a", "0ffc804682-123", None),
    ],
)
def test_a_name_is_one_that_the_api_server_takes(rollout: str, run: str, name: str | None) -> None:
    """Revisions may hold capitals and underscores, and rollouts may have long names."""
    made = report_name(rollout, run)
    assert name in {None, made}
    assert len(made) <= 253
    parts = made.split(".")
    assert all(part[0].isalnum() and part[-1].isalnum() and part == part.lower() for part in parts)
