import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from testbed import crew as module
from testbed.crew import Crew
from testbed.environment import ROOT
from testbed.errors import TestbedError
from testbed.process import Process
from testbed.state import PORT_NAMES, State

PARENT = """
import sys, time
from pathlib import Path
from testbed.child import Child
from testbed.process import Process
from testbed.state import State
directory = Path(sys.argv[1])
state = State(directory, {}, "10.210.0.0/20", "", "")
print(Child(Process("sleeper", ("sleep", "60"), {}, None), state).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def state(tmp_path: Path) -> State:
    (tmp_path / "logs").mkdir()
    return State(tmp_path, dict.fromkeys(PORT_NAMES, 0), "10.210.0.0/20", "", "")


@pytest.fixture
async def crew(state: State, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crew]:
    monkeypatch.setattr(module, "GRACE", 0.3)
    crew = Crew(state)
    yield crew
    await crew.stop_all()


def a_process(name: str, script: str = "exec sleep 60", ready: str | None = None) -> Process:
    return Process(name, ("sh", "-c", script), {}, ready)


def how_it_is(crew: Crew) -> dict[object, object]:
    return {process["name"]: process["state"] for process in crew.describe()}


async def test_a_process_is_stopped_and_started_again(crew: Crew) -> None:
    """The same command runs again, as another process."""
    await crew.add(a_process("sleeper"))
    first = crew.describe()[0]["pid"]
    await crew.stop("sleeper")
    assert how_it_is(crew) == {"sleeper": f"ended ({-signal.SIGTERM})"}
    await crew.start("sleeper")
    assert how_it_is(crew) == {"sleeper": "running"}
    assert crew.describe()[0]["pid"] != first


async def test_starting_what_runs_changes_nothing(crew: Crew) -> None:
    """No second process fights for the port of the first."""
    await crew.add(a_process("sleeper"))
    first = crew.describe()[0]["pid"]
    await crew.start("sleeper")
    assert crew.describe()[0]["pid"] == first


async def test_a_name_is_taken_once(crew: Crew) -> None:
    """A second process of a name would leave the first without anybody to end it."""
    await crew.add(a_process("sleeper"))
    with pytest.raises(TestbedError, match="already"):
        await crew.add(a_process("sleeper"))


async def test_a_deaf_process_is_killed(crew: Crew, state: State) -> None:
    """Who ignores SIGTERM gets SIGKILL a little later."""
    await crew.add(a_process("deaf", "trap '' TERM; echo deaf; while :; do sleep 0.05; done"))
    assert soon(lambda: "deaf" in (state.logs / "deaf.log").read_text())
    await crew.stop("deaf")
    assert how_it_is(crew) == {"deaf": f"ended ({-signal.SIGKILL})"}


async def test_a_frozen_process_can_be_ended(crew: Crew) -> None:
    """It is thawed first, since a stopped process hears nothing but SIGKILL."""
    await crew.add(a_process("sleeper"))
    crew.freeze("sleeper")
    assert how_it_is(crew) == {"sleeper": "frozen"}
    await crew.stop("sleeper")
    assert how_it_is(crew) == {"sleeper": f"ended ({-signal.SIGTERM})"}


async def test_the_api_server_ends_before_etcd_and_after_all_others(crew: Crew, state: State) -> None:
    """In any other order it would wait for minutes."""
    for name in ("etcd", "kube-apiserver", "istiod"):
        script = f"trap 'echo {name} >> {state.directory}/order; exit' TERM; touch {state.directory}/{name}.up;"
        await crew.add(a_process(name, f"{script} while :; do sleep 0.02; done"))
        assert soon((state.directory / f"{name}.up").exists)
    await crew.stop_all()
    assert (state.directory / "order").read_text().split() == ["istiod", "kube-apiserver", "etcd"]


async def test_a_process_that_ends_early_is_quoted(crew: Crew) -> None:
    """The error holds the program's own last words and the path of its log."""
    with pytest.raises(TestbedError, match=r"(?s)ended \(3\).*broken\.log.*no such flag"):
        await crew.add(a_process("broken", "echo no such flag; exit 3", ready="http://127.0.0.1:9/ready"))


@pytest.mark.parametrize("do", [Crew.stop, Crew.start, Crew.kill, Crew.restart])
async def test_an_unknown_name_is_answered_with_the_known_ones(crew: Crew, do: Callable[..., object]) -> None:
    """A misspelt name is an error that lists the names."""
    await crew.add(a_process("sleeper"))
    with pytest.raises(TestbedError, match="There are: sleeper"):
        await do(crew, "sleper")  # type: ignore[misc] # all four are coroutine functions


def test_a_child_dies_with_its_parent(state: State) -> None:
    """Even SIGKILL, which the parent never notices, leaves no process behind."""
    command = (sys.executable, "-c", PARENT, str(state.directory))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:  # noqa: S603 -- our own
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    assert soon(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    """A zombie isn't: it only waits for somebody to read its exit code."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()
