"""How other processes talk to a cluster's supervisor: one JSON line each way over a socket in its folder."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError

SOCKET = "control.sock"
_PATIENCE = 120.0


def ask(directory: Path, verb: str, **arguments: object) -> Any:
    """The supervisor's answer. Raises TestbedError with its words, or where no supervisor listens."""
    with _connected(directory) as connection:
        connection.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
        return _result(connection.makefile("rb").readline())


def end(directory: Path) -> None:
    """Returns when the supervisor, and so every process of the cluster, is gone."""
    with _connected(directory) as connection:
        connection.sendall(b'{"verb": "down"}\n')
        while connection.recv(1024):
            pass


def is_up(directory: Path) -> bool:
    try:
        with _connected(directory):
            return True
    except TestbedError:
        return False


@contextmanager
def _connected(directory: Path) -> Iterator[socket.socket]:
    """A socket's path may have 107 bytes only, and test folders are longer: hence the way round through /proc."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    with connection:
        try:
            folder = os.open(directory, os.O_PATH | os.O_DIRECTORY)
            try:
                connection.connect(f"/proc/self/fd/{folder}/{SOCKET}")
            finally:
                os.close(folder)
        except OSError as error:
            raise TestbedError(f"No cluster is up in {directory}. Start one: python -m testbed up.") from error
        yield connection


def _result(line: bytes) -> Any:
    if not line:
        raise TestbedError("The supervisor ended before it answered; its log tells why.")
    answer = json.loads(line)
    if "error" in answer:
        raise TestbedError(answer["error"])
    return answer["result"]
