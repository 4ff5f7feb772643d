from testbed.proxy.call import Call
from testbed.proxy.faults import Fate, Faults, Refusal

READ = Call("get", "deployments")
WRITE = Call("patch", "deployments")


def test_without_a_fault_nothing_is_spoilt() -> None:
    """At once, and with the API server's own answer."""
    assert Faults().fate(READ) == Fate(delay=0.0, status=None, forwarded=True, cut=False)


def test_a_burst_ends_by_itself() -> None:
    """So many calls, and not one more."""
    faults = Faults()
    faults.refuse(Refusal(429, calls=2))
    assert [faults.fate(READ).status for _ in range(3)] == [429, 429, None]


def test_a_fault_without_a_number_stays_until_it_is_healed() -> None:
    """However often something is asked."""
    faults = Faults()
    faults.refuse(Refusal(500))
    assert {faults.fate(READ).status for _ in range(100)} == {500}
    faults.heal()
    assert faults.fate(READ) == Fate()


def test_only_the_chosen_calls_are_refused_and_counted() -> None:
    """The others pass, however many there are."""
    faults = Faults()
    faults.refuse(Refusal(504, calls=1, forwarded=True, which=lambda call: call.writes))
    assert [faults.fate(READ) for _ in range(3)] == [Fate()] * 3
    assert faults.fate(WRITE) == Fate(status=504, forwarded=True)
    assert faults.fate(WRITE) == Fate()


def test_slowness_goes_with_every_other_fault() -> None:
    """A slow API server may answer with an error, too."""
    faults = Faults()
    faults.slow(2)
    faults.refuse(Refusal(500, calls=1))
    assert faults.fate(READ) == Fate(delay=2, status=500, forwarded=False)
    assert faults.fate(READ) == Fate(delay=2)


def test_nothing_is_passed_on_through_a_cut() -> None:
    """And no refusal is used up by it."""
    faults = Faults()
    faults.refuse(Refusal(500, calls=1))
    faults.cut()
    assert faults.fate(WRITE) == Fate(cut=True, forwarded=False)


def test_only_the_answers_of_chosen_calls_are_held() -> None:
    """The API server has them at once, and those after them are answered before."""
    faults = Faults()
    faults.hold(3, lambda call: call.writes)
    assert [faults.fate(WRITE), faults.fate(READ), faults.fate(WRITE)] == [Fate(held=3), Fate(), Fate(held=3)]
    faults.heal()
    assert faults.fate(WRITE) == Fate()
