from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.kubelet.behaviour import Behaviour
from testbed.kubelet.status import Container, Moment, container_at, pod_status

START = datetime(2026, 1, 1, tzinfo=UTC)


def container(**settings: Any) -> Container:
    return Container("checkout", "checkout:v1", Behaviour("v1", **settings))


def status_at(age: float, *containers: Container) -> dict[str, Any]:
    moments = [container_at(one, age, START) for one in containers]
    return pod_status(moments, "10.210.0.2", START, START + timedelta(seconds=age))


def is_ready(status: dict[str, Any]) -> bool:
    return {"Ready": "True"}.items() <= {one["type"]: one["status"] for one in status["conditions"]}.items()


def waiting(moment: Moment) -> str:
    reason: str = moment.status["state"]["waiting"]["reason"]
    return reason


def test_a_healthy_pod_is_ready_at_once() -> None:
    """Running, ready, and nothing more will change."""
    status = status_at(0, container())
    assert (status["phase"], is_ready(status), status["podIPs"]) == ("Running", True, [{"ip": "10.210.0.2"}])
    assert container_at(container(), 0, START).next_change is None


def test_a_slow_pod_becomes_ready_at_its_moment() -> None:
    """Before READY_AFTER_SECONDS it runs unready, and says when that will change."""
    slow = container(ready_after=5.0)
    assert [is_ready(status_at(age, slow)) for age in (0, 4.9, 5, 60)] == [False, False, True, True]
    assert container_at(slow, 1, START).next_change == 5
    assert container_at(slow, 5, START).next_change is None


def test_a_pod_that_never_becomes_ready_runs_all_the_same() -> None:
    """Only its readiness is missing."""
    status = status_at(3600, container(never_ready=True))
    assert (status["phase"], is_ready(status)) == ("Running", False)


def test_a_crash_loop_counts_up() -> None:
    """Restarts come ever more slowly, and the container waits in between."""
    moments = [container_at(container(crash_loop=True), age, START) for age in (0, 1, 3, 7, 15, 23)]
    assert [moment.status["restartCount"] for moment in moments] == [0, 1, 2, 3, 4, 5]
    assert {waiting(moment) for moment in moments} == {"CrashLoopBackOff"}
    assert moments[1].status["lastState"]["terminated"]["exitCode"] == 1


def test_a_container_that_crashes_later_is_ready_until_then() -> None:
    """Ready, waiting for its restart, ready again with one more counted, and the pod runs all the time."""
    doomed = container(crash_after=20.0)
    moments = [container_at(doomed, age, START) for age in (0, 20, 21, 41)]
    assert [moment.ready for moment in moments] == [True, False, True, False]
    assert [moment.status["restartCount"] for moment in moments] == [0, 0, 1, 1]
    assert [moment.next_change for moment in moments] == [20, 21, 41, 43]
    assert waiting(moments[1]) == waiting(moments[3]) == "CrashLoopBackOff"
    assert [status_at(age, doomed)["phase"] for age in (0, 20, 21)] == ["Running"] * 3


def test_a_restarted_container_remembers_its_end() -> None:
    """When the last process began and ended, and when this one began."""
    status = container_at(container(crash_after=20.0), 22, START).status
    assert status["state"] == {"running": {"startedAt": "2026-01-01T00:00:21Z"}}
    ended = status["lastState"]["terminated"]
    assert (ended["startedAt"], ended["finishedAt"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:20Z")
    assert container_at(container(crash_after=20.0), 1, START).status["lastState"] == {}


@given(age=st.floats(0, 7200))
def test_the_next_change_of_a_crash_loop_is_its_next_restart(age: float) -> None:
    """One is never late and never early: at that age the count is one higher, and just before it is the same."""
    loop = container(crash_loop=True)
    now = container_at(loop, age, START)
    assert now.next_change is not None
    assert now.next_change > age
    then = container_at(loop, now.next_change, START)
    assert then.status["restartCount"] == now.status["restartCount"] + 1


def test_a_failing_pull_backs_off() -> None:
    """ErrImagePull first, ImagePullBackOff from then on, Pending all the time."""
    failing = container(image_pull_fails=True)
    assert [waiting(container_at(failing, age, START)) for age in (0, 1, 60)] == [
        "ErrImagePull",
        "ImagePullBackOff",
        "ImagePullBackOff",
    ]
    assert status_at(60, failing)["phase"] == "Pending"


def test_an_invalid_setting_is_a_configuration_error() -> None:
    """The pod stays Pending and shows the message, as with a missing ConfigMap on a real node."""
    broken = Container("checkout", "checkout:v1", None, problem='ERROR_RATE ... "x"')
    moment = container_at(broken, 10, START)
    assert moment.status["state"]["waiting"] == {
        "reason": "CreateContainerConfigError",
        "message": 'ERROR_RATE ... "x"',
    }
    assert status_at(10, broken)["phase"] == "Pending"


@pytest.mark.parametrize("second", [container(never_ready=True), container(crash_loop=True)])
def test_a_pod_is_as_ready_as_its_worst_container(second: Container) -> None:
    """One unready container makes the whole pod unready."""
    assert not is_ready(status_at(0, container(), second))
    assert is_ready(status_at(0, container(), container()))


def test_earlier_restarts_are_kept() -> None:
    """What was counted before stays in the count."""
    assert container_at(Container("a", "a:v1", Behaviour("v1"), restarts=2), 0, START).status["restartCount"] == 2
