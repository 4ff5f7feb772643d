import os
import socket
import time

import pytest

from testbed.operator.usage import usage


def test_work_and_memory_are_counted() -> None:
    """As the process itself counts its work, to the kernel's hundredths; what it holds is in its memory."""
    before, began = usage(os.getpid()), time.process_time()
    held = bytearray(os.urandom(30_000_000))
    while time.process_time() < began + 0.2:
        pass
    after, worked = usage(os.getpid()), time.process_time() - began
    assert after.cpu - before.cpu == pytest.approx(worked, abs=0.05)
    assert after.peak - before.memory > len(held) / 2
    assert after.peak >= after.memory


def test_open_sockets_are_counted() -> None:
    """And no longer once they are closed."""
    before = usage(os.getpid()).sockets
    with socket.socket(), socket.socket():
        assert usage(os.getpid()).sockets == before + 2
    assert usage(os.getpid()).sockets == before


def test_a_process_that_is_gone_has_no_usage() -> None:
    """No process has this number."""
    with pytest.raises(FileNotFoundError):
        usage(2**22 + 1)
