import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed import addresses
from testbed.addresses import BLOCKS, FIRST_PORT, PORTS_PER_BLOCK, claim_block, first_host, free_ports, named_ports
from testbed.errors import TestbedError
from testbed.state import PORT_NAMES

blocks = st.integers(0, len(BLOCKS) - 1)


def test_a_claimed_block_is_given_to_nobody_else() -> None:
    """Two clusters never share addresses; the claim ends with its socket."""
    first, claim = claim_block()
    with claim:
        second, another = claim_block()
        another.close()
    assert first != second


def test_when_all_blocks_are_taken_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One cluster too many is an error, not a shared block."""
    monkeypatch.setattr(addresses, "BLOCKS", ())
    with pytest.raises(TestbedError, match="address blocks"):
        claim_block()


@given(blocks, blocks)
def test_blocks_are_apart(one: int, other: int) -> None:
    """No address belongs to two blocks."""
    assert one == other or not BLOCKS[one].overlaps(BLOCKS[other])


def test_ports_of_neighbours_are_apart() -> None:
    """No port belongs to two blocks."""
    last = len(BLOCKS) - 1
    assert max(free_ports(last - 1)) < FIRST_PORT + last * PORTS_PER_BLOCK <= min(free_ports(last))


def test_no_port_is_one_that_linux_gives_to_clients() -> None:
    """A connection that happens to leave from a stopped server's port would keep it from starting again."""
    assert FIRST_PORT + len(BLOCKS) * PORTS_PER_BLOCK < 32_768


def test_each_name_gets_a_port_of_its_own() -> None:
    """All servers of one cluster can listen at once."""
    ports = named_ports(free_ports(len(BLOCKS) - 1))
    assert tuple(ports) == PORT_NAMES
    assert len(set(ports.values())) == len(PORT_NAMES)


def test_a_port_that_is_in_use_is_passed_over() -> None:
    """Somebody else's server is no reason to fail."""
    taken = next(free_ports(len(BLOCKS) - 1))
    with socket.create_server(("127.0.0.1", taken)):
        assert taken not in list(free_ports(len(BLOCKS) - 1))


@given(blocks)
def test_the_api_server_stands_at_the_first_address_of_the_block(number: int) -> None:
    """It lies in the block, next to the network's own address."""
    first = ipaddress.IPv4Address(first_host(str(BLOCKS[number])))
    assert first in BLOCKS[number]
    assert first == BLOCKS[number].network_address + 1
