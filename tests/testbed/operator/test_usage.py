import os
import time

import pytest

from testbed.operator.usage import usage


def test_work_and_memory_are_counted() -> None:
    """A process that works for a fifth of a second has used some of it; what it holds is in its memory."""
    before = usage(os.getpid())
    held = bytearray(os.urandom(30_000_000))
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    after = usage(os.getpid())
    assert after.cpu - before.cpu == pytest.approx(0.2, abs=0.15)
    assert after.peak - before.memory > len(held) / 2
    assert after.peak >= after.memory


def test_a_process_that_is_gone_has_no_usage() -> None:
    """No process has this number."""
    with pytest.raises(FileNotFoundError):
        usage(2**22 + 1)
