from datetime import UTC, datetime
from typing import Any

import pytest

from canary_operator.core.world import Fault, Restart, Trouble
from canary_operator.providers.workloads.pods import find_restarts, find_trouble
from tests.doubles.shop import a_deployment

Body = dict[str, Any]


def a_pod(
    name: str = "p1", *containers: Body, conditions: list[Body] | None = None, leaving: bool = False, **status: Any
) -> Body:
    metadata = {"name": name} | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if leaving else {})
    return {
        "metadata": metadata,
        "status": {"containerStatuses": list(containers), "conditions": conditions or [], **status},
    }


def a_container(state: Body, *, ready: bool = False, last: Body | None = None) -> Body:
    return {"name": "app", "state": state, "ready": ready, "lastState": last or {}}


def waiting(reason: str, message: str = "") -> Body:
    return {"waiting": {"reason": reason, "message": message}}


ENDED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
RUNNING: Body = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: no cpu"}
PREEMPTED = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "made room"}
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
CRASHING = a_pod("p1", a_container(waiting("CrashLoopBackOff", "back-off 10s"), last=ENDED))
UNREADY = a_pod("p1", a_container(RUNNING))


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (CRASHING, "CrashLoopBackOff: back-off 10s: before, it ended with OOMKilled, exit code 137"),
        (a_pod("p1", a_container(waiting("ImagePullBackOff", "not found"))), "ImagePullBackOff: not found"),
        (a_pod("p1", a_container(waiting("InvalidImageName"))), "InvalidImageName"),
        (a_pod("p1", a_container(ENDED)), "OOMKilled, exit code 137"),
        (a_pod("p1", initContainerStatuses=[a_container(waiting("CrashLoopBackOff"))]), "CrashLoopBackOff"),
        (UNREADY, "runs but is not ready"),
    ],
    ids=["crash loop", "image", "name", "ended", "init container", "not ready"],
)
def test_the_releases_faults_are_told_in_its_own_words(pod: Body, words: str) -> None:
    """Pod, container, Kubernetes' reason and message, and how the container ended before."""
    assert find_trouble(a_deployment(), [pod]) == Trouble(Fault.RELEASE, f"pod p1, container app: {words}")


@pytest.mark.parametrize(
    ("deployment", "pods", "words"),
    [
        (a_deployment(), [a_pod(conditions=[UNSCHEDULABLE])], "pod p1: Unschedulable: 0/3 nodes: no cpu"),
        (
            a_deployment(),
            [a_pod(conditions=[PREEMPTED], leaving=True)],
            "pod p1: PreemptionByScheduler: made room",
        ),
        (
            a_deployment(),
            [a_pod(phase="Failed", reason="Evicted", message="no disk")],
            "pod p1: Evicted: no disk",
        ),
        (a_deployment(status={"conditions": [QUOTA]}), [], "no pod could be made: exceeded quota: small"),
    ],
    ids=["unschedulable", "preempted", "evicted", "quota"],
)
def test_the_clusters_faults_are_told_in_its_own_words(deployment: Body, pods: list[Body], words: str) -> None:
    """The scheduler's, the node's and the quota's own sentences."""
    assert find_trouble(deployment, pods) == Trouble(Fault.CLUSTER, words)


@pytest.mark.parametrize(
    "pods",
    [
        [],
        [a_pod("p1", a_container(waiting("ContainerCreating")))],
        [a_pod("p1", a_container(waiting("PodInitializing")))],
        [a_pod("p1", a_container(RUNNING, ready=True))],
        [a_pod("p1", initContainerStatuses=[a_container({"terminated": {"exitCode": 0}})])],
        [{"metadata": {"name": "new"}}],
    ],
    ids=["no pods", "creating", "initializing", "ready", "initialized", "no status"],
)
def test_a_pod_that_starts_or_is_ready_has_no_complaint(pods: list[Body]) -> None:
    """Only what keeps a pod from getting ready is trouble."""
    assert find_trouble(a_deployment(), pods) is None


@pytest.mark.parametrize(
    ("pods", "fault", "words"),
    [
        ([a_pod("p2", conditions=[UNSCHEDULABLE]), CRASHING], Fault.RELEASE, "CrashLoopBackOff"),
        ([UNREADY, a_pod("p2", conditions=[UNSCHEDULABLE])], Fault.CLUSTER, "Unschedulable"),
        ([a_pod("p0", *CRASHING["status"]["containerStatuses"], leaving=True), UNREADY], Fault.RELEASE, "not ready"),
    ],
    ids=["broken before no room", "no room before not ready", "a leaving pod has no say"],
)
def test_the_weightiest_complaint_is_told(pods: list[Body], fault: Fault, words: str) -> None:
    """A broken container is the release's whatever else happens; one that is only not ready comes last."""
    trouble = find_trouble(a_deployment(), pods)
    assert trouble is not None
    assert trouble.fault is fault
    assert words in trouble.message


def test_a_long_story_is_cut() -> None:
    """It has to fit into a condition beside other words."""
    trouble = find_trouble(a_deployment(), [a_pod("p1", a_container(waiting("CrashLoopBackOff", "x" * 5000)))])
    assert trouble is not None
    assert len(trouble.message) == 500


def restarted(times: int, **ended: Any) -> Body:
    return a_container(RUNNING, last={"terminated": ended}) | {"restartCount": times}


def test_restarts_are_told_with_when_and_why() -> None:
    died = restarted(2, exitCode=137, reason="OOMKilled", finishedAt="2026-01-01T00:00:00Z")
    assert find_restarts([a_pod("p1", died), a_pod("p2", a_container(RUNNING) | {"restartCount": 0})]) == (
        Restart(
            2,
            datetime(2026, 1, 1, tzinfo=UTC),
            "pod p1, container app: before, it ended with OOMKilled, exit code 137",
        ),
    )


def test_a_restart_that_nobody_dated_has_no_date() -> None:
    """The node has forgotten how it ended."""
    (found,) = find_restarts([a_pod("p1", a_container(RUNNING) | {"restartCount": 1})])
    assert found.ended_at is None


def test_a_node_that_started_anew_is_not_the_releases_fault() -> None:
    """Kubernetes says then that it does not know how the container ended."""
    lost = restarted(1, exitCode=255, reason="Unknown", finishedAt="2026-01-01T00:00:00Z")
    assert find_restarts([a_pod("p1", lost)]) == ()
