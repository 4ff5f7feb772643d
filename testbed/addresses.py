"""Gives each cluster addresses and ports that no other cluster on the machine has."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import closing

from testbed.errors import TestbedError
from testbed.state import PORT_NAMES

RANGE = ipaddress.IPv4Network("10.210.0.0/16")
BLOCKS = tuple(RANGE.subnets(new_prefix=20))
"""16 clusters with 4094 pod addresses each."""
FIRST_PORT = 20_000
"""Below 32768, where Linux picks the ports of outgoing connections: those could take a stopped server's port."""
PORTS_PER_BLOCK = 200


def claim_block() -> tuple[int, socket.socket]:
    """The number of a free block and the claim on it, which lasts until the socket is closed, or its process dies.

    The claim is an abstract socket name: the kernel keeps one such namespace per network, just like the addresses.
    """
    for number in range(len(BLOCKS)):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0canary-operator-testbed-block-{number}")
        except OSError:
            claim.close()
        else:
            return number, claim
    raise TestbedError(f"All {len(BLOCKS)} address blocks are taken: that many clusters are up on this machine.")


def free_ports(block: int) -> Iterator[int]:
    """The ports of a block that nobody listens on right now, each handed out once."""
    first = FIRST_PORT + block * PORTS_PER_BLOCK
    return (port for port in range(first, first + PORTS_PER_BLOCK) if _is_free(port))


def named_ports(free: Iterator[int]) -> dict[str, int]:
    return {name: next(free) for name in PORT_NAMES}


def first_host(block: str) -> str:
    """Stands for the API server inside the cluster, which insists on an address that is not loopback."""
    return str(next(ipaddress.IPv4Network(block).hosts()))


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
