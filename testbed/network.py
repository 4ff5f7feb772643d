"""Makes the pods' addresses exist: on this machine where that is allowed, else in a network namespace of our own."""

import shutil
import subprocess
from enum import Enum
from pathlib import Path

from testbed.addresses import RANGE
from testbed.errors import TestbedError

NEITHER = f"""\
The pods need addresses, and this machine allows neither of the two ways to give them some. Do one of these:
  - give the right NET_ADMIN (run as root, or `docker run --cap-add NET_ADMIN`), or have root do this once:
      ip route add local {RANGE} dev lo
  - allow network namespaces to users:
      sysctl -w user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0"""


class Network(Enum):
    MACHINE = "the machine's own network"
    NAMESPACE = "a network namespace of its own"


def choose(*, own: bool) -> Network:
    """Raises TestbedError where neither way is open."""
    if shutil.which("ip") is None:
        raise TestbedError("The program `ip` is missing: install iproute2.")
    if not own and (route_exists() or add_route()):
        return Network.MACHINE
    if _works("unshare", "--map-root-user", "--net", "true"):
        return Network.NAMESPACE
    raise TestbedError(NEITHER)


def route_exists() -> bool:
    command = ("ip", "route", "show", "table", "local", str(RANGE))
    return bool(subprocess.run(command, capture_output=True, check=False).stdout.strip())


def add_route() -> bool:
    """Every address of the range can be bound afterwards. Nothing leaves the machine.

    In a fresh network namespace even loopback is down; elsewhere setting it up changes nothing.
    """
    route = ("ip", "route", "add", "local", str(RANGE), "dev", "lo")
    return _works("ip", "link", "set", "lo", "up") and (_works(*route) or route_exists())


def equip_namespace() -> None:
    if not add_route():
        raise TestbedError("The new network namespace could not be given its addresses.")


def inside(command: tuple[str, ...], network: Network) -> tuple[str, ...]:
    """The command, started in the network that was chosen; `unshare` becomes it, so that its process id stays."""
    return ("unshare", "--map-root-user", "--net", *command) if network is Network.NAMESPACE else command


def entering(pid: int) -> tuple[str, ...]:
    """A prefix that runs a command in the namespace of a living process; nothing where that is ours already."""
    if Path(f"/proc/{pid}/ns/net").samefile("/proc/self/ns/net"):
        return ()
    return ("nsenter", "--target", str(pid), "--user", "--net", "--preserve-credentials", "--")


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
