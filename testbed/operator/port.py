"""A port for each operator, in the upper half of its cluster's block: the supervisor takes from the lower end."""

import socket
from ipaddress import IPv4Network

from testbed.addresses import BLOCKS, FIRST_PORT, PORTS_PER_BLOCK
from testbed.errors import TestbedError
from testbed.state import State


def claim_port(state: State) -> tuple[int, socket.socket]:
    """A port and the claim on it, which lasts until the socket is closed, or its process dies.

    The claim is an abstract socket name, so that two test workers never take the same port between its choice and use.
    """
    first = FIRST_PORT + BLOCKS.index(IPv4Network(state.block)) * PORTS_PER_BLOCK
    for port in range(first + PORTS_PER_BLOCK // 2, first + PORTS_PER_BLOCK):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0canary-operator-testbed-port-{port}")
        except OSError:
            claim.close()
        else:
            return port, claim
    raise TestbedError(f"All {PORTS_PER_BLOCK // 2} ports for operators are taken in this cluster.")
