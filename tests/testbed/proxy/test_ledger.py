from testbed.proxy.call import Call
from testbed.proxy.ledger import Ledger, Trap, Write


def a_write(resource: str = "deployments", status: int = 200) -> Write:
    return Write(Call("patch", resource, "shop", "web"), body=[], status=status, answer={}, at=0.0)


def a_trap(number: int) -> Trap:
    return Trap(number, spring=lambda: None, delivered=False)


def test_a_trap_waits_for_its_step() -> None:
    """Leases, Events and what the API server refused are no steps of a run."""
    ledger, trap = Ledger(), a_trap(2)
    ledger.begin(trap)
    others = [a_write("leases"), a_write("events"), a_write(status=409)]
    assert [ledger.enter(write) for write in [a_write(), *others, a_write()]] == [None, None, None, None, trap]


def test_a_trap_springs_once() -> None:
    """What comes after is only written down."""
    ledger = Ledger()
    ledger.begin(a_trap(1))
    assert ledger.enter(a_write()) is not None
    assert ledger.enter(a_write()) is None
    assert len(ledger.writes) == 2


def test_a_new_beginning_counts_anew() -> None:
    """Earlier writes and the trap that nobody sprang are forgotten."""
    ledger, second = Ledger(), a_trap(1)
    ledger.begin(a_trap(5))
    ledger.enter(a_write())
    ledger.begin(second)
    assert ledger.writes == []
    assert ledger.enter(a_write()) is second
