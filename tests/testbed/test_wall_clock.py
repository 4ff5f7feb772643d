import subprocess
import time
from pathlib import Path

import pytest

from testbed.environment import child_environment
from testbed.wall_clock import WallClock

PROGRAM = """
import sys, time
for _ in sys.stdin:
    print(time.time(), time.monotonic(), sys.argv[1], flush=True)
"""


def test_a_program_sees_the_clock_that_was_set_for_it(tmp_path: Path) -> None:
    """It jumps in mid-run and back again; what nobody can set goes on, and so does our own clock."""
    program = tmp_path / "program"
    program.write_text(PROGRAM, encoding="utf-8")
    clock = WallClock(tmp_path / "clock")
    command = clock.wrapped([str(program), "an argument"])
    with subprocess.Popen(  # noqa: S603 -- our own program
        command, env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for ahead in (0.0, 3600.0, -3600.0):
            clock.set_ahead(ahead)
            wall, monotonic, argument = ask(process)
            assert wall == pytest.approx(time.time() + ahead, abs=60)
            assert monotonic == pytest.approx(time.monotonic(), abs=60)
            assert argument == "an argument"
        process.communicate()


def ask(process: "subprocess.Popen[str]") -> tuple[float, float, str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    wall, monotonic, argument = process.stdout.readline().rstrip().split(" ", 2)
    return float(wall), float(monotonic), argument


def test_it_starts_as_the_machine_has_it(tmp_path: Path) -> None:
    """And stays as it was left when the program ends."""
    program = tmp_path / "program"
    program.write_text("import time; print(time.time())", encoding="utf-8")
    clock = WallClock(tmp_path / "clock")
    clock.set_ahead(100_000)
    for _ in range(2):
        told = subprocess.check_output(clock.wrapped([str(program)]), env=child_environment())  # noqa: S603 -- likewise
        assert float(told) == pytest.approx(time.time() + 100_000, abs=60)
