from contextlib import closing
from pathlib import Path

from testbed.addresses import BLOCKS, FIRST_PORT, PORTS_PER_BLOCK
from testbed.operator.port import claim_port
from testbed.state import State

BLOCK = 15


def a_state() -> State:
    return State(Path("/nowhere"), {}, str(BLOCKS[BLOCK]), admin_token="", operator_token="")


def test_two_operators_of_a_cluster_get_different_ports() -> None:
    """Both from the upper half of the cluster's own ports; one that is given back can be had again."""
    first, claim = claim_port(a_state())
    with closing(claim):
        second, other = claim_port(a_state())
        other.close()
    again, claim = claim_port(a_state())
    claim.close()
    lowest = FIRST_PORT + BLOCK * PORTS_PER_BLOCK + PORTS_PER_BLOCK // 2
    assert (first, second, again) == (lowest, lowest + 1, lowest)
