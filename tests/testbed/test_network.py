import os

import pytest

from testbed import network
from testbed.errors import TestbedError
from testbed.network import Network, choose, entering, inside


def machine_that_allows(monkeypatch: pytest.MonkeyPatch, *, route: bool, namespace: bool) -> None:
    monkeypatch.setattr(network, "route_exists", lambda: False)
    monkeypatch.setattr(network, "_works", lambda *command: namespace if command[0] == "unshare" else route)


@pytest.mark.parametrize("namespace", [True, False])
def test_with_the_right_to_do_so_the_machine_gets_the_route(monkeypatch: pytest.MonkeyPatch, namespace: bool) -> None:
    """The simplest way goes first: every program sees the cluster."""
    machine_that_allows(monkeypatch, route=True, namespace=namespace)
    assert choose(own=False) is Network.MACHINE


def test_without_the_right_a_namespace_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user gets a cluster too."""
    machine_that_allows(monkeypatch, route=False, namespace=True)
    assert choose(own=False) is Network.NAMESPACE


def test_where_neither_is_allowed_both_cures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops at once, before anything is built."""
    machine_that_allows(monkeypatch, route=False, namespace=False)
    with pytest.raises(TestbedError, match=r"(?s)NET_ADMIN.*network namespaces"):
        choose(own=False)


def test_an_own_network_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """For machines where the addresses mean something else."""
    machine_that_allows(monkeypatch, route=True, namespace=True)
    assert choose(own=True) is Network.NAMESPACE


def test_in_the_machines_network_a_command_stays_as_it_is() -> None:
    """No needless wrapper."""
    assert inside(("true",), Network.MACHINE) == ("true",)
    assert inside(("true",), Network.NAMESPACE)[0] == "unshare"


def test_nobody_enters_the_network_where_they_are() -> None:
    """A test that runs inside the namespace calls kubectl directly."""
    assert entering(os.getpid()) == ()
