from random import Random

import pytest

from testbed.kubelet import responders
from testbed.kubelet.behaviour import Behaviour
from testbed.kubelet.counters import Counters
from testbed.kubelet.responders import MEMORY_AT_START, Application


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(responders, "monotonic", clock)
    return clock


def application(behaviour: Behaviour, seed: int = 1) -> Application:
    return Application(behaviour, "pod", Counters(), Random(seed))  # noqa: S311 - it must repeat, not surprise


def failed(application: Application, requests: int = 10_000) -> int:
    answers = [application.answer("/") for _ in range(requests)]
    return sum(answer is not None and answer.status == 500 for answer in answers)


@pytest.mark.usefixtures("clock")
def test_an_incident_fails_requests_of_a_healthy_version() -> None:
    """As long as it lasts, and on top of what fails by itself."""
    healthy, sick = application(Behaviour("v1")), application(Behaviour("v1", error_rate=0.5))
    healthy.incident = sick.incident = 0.2
    assert failed(healthy) == pytest.approx(2000, abs=160)
    assert failed(sick) == pytest.approx(6000, abs=200)
    healthy.incident = 0.0
    assert failed(healthy) == 0


def test_a_login_sets_a_cookie() -> None:
    """No other path does."""
    answers = {path: application(Behaviour("v1")).answer(path) for path in ("/", "/login")}
    assert {
        path: answer is not None and b"set-cookie: session=" in answer.head for path, answer in answers.items()
    } == {
        "/": False,
        "/login": True,
    }


def test_a_process_that_has_ended_answers_nothing(clock: Clock) -> None:
    """Until it is started anew; each restart is counted."""
    doomed = application(Behaviour("v1", crash_after=20))
    heard = []
    for seconds in (0, 19.9, 20.5, 21.5):
        clock.now = 1000 + seconds
        heard.append((doomed.answer("/") is not None, doomed.restarts))
    assert heard == [(True, 0), (True, 0), (False, 0), (True, 1)]


def test_a_leak_grows_until_the_restart(clock: Clock) -> None:
    """Thirty megabytes per minute; a new process begins where the first one did."""
    leaking = application(Behaviour("v1", memory_growth=30, crash_after=90))
    small = leaking.memory
    clock.now += 60
    assert leaking.memory == pytest.approx(small + 30)
    clock.now += 31
    assert leaking.memory == pytest.approx(small)


@pytest.mark.usefixtures("clock")
def test_pods_of_one_version_differ_in_memory() -> None:
    """By some percent, as real ones do."""
    seen = {application(Behaviour("v1"), seed).memory for seed in range(50)}
    assert len(seen) == 50
    assert all(MEMORY_AT_START * 0.8 < megabytes < MEMORY_AT_START * 1.25 for megabytes in seen)
