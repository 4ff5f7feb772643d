from datetime import timedelta

from canary_operator.backtest.recording import samples
from canary_operator.backtest.replay import phi_before, releases, replay
from tests.backtest.recorded import ARMS, START, STEP, recorded
from tests.core.evidence.stream import terms

TERMS = terms(look=10)


def test_a_bad_release_would_have_been_taken_back() -> None:
    """Half of its requests fail, of which it has a hundred in each look."""
    looks = list(samples(recorded(60, canary=(100, 50), first=20), ARMS))
    (span,) = releases(looks)
    found = replay(looks, span, TERMS)
    assert span[0] == START + 20 * STEP
    assert found.harm_at is not None
    assert found.harm_at - found.began <= timedelta(seconds=30)
    assert found.sentence.startswith("The canary fails too often")
    assert found.requests == 100 * len(found.trace[1:])
    assert found.trace[-1] >= 1


def test_a_good_release_would_not() -> None:
    looks = list(samples(recorded(60, canary=(100, 1), first=20), ARMS))
    (span,) = releases(looks)
    found = replay(looks, span, TERMS)
    assert found.harm_at is None
    assert found.ended == START + 59 * STEP
    assert max(found.trace) < 1


def test_two_canaries_with_a_pause_between_are_two_releases() -> None:
    """The second one's counters go on from those of the first."""
    first = recorded(200, canary=(100, 0), first=10, last=20)
    second = recorded(200, canary=(100, 0), first=150, last=160)
    rows = [row for row in first.rows if "canary" not in str(row)]
    rows += [row for row in second.rows if "checkout-canary" in str(row)]
    both = [one for one in first.rows if "checkout-canary" in str(one)]
    early = [{**row, "values": row["values"][:11]} for row in both]
    late = [row for row in rows if "checkout-canary" in str(row)]
    merged = [{**a, "values": [*a["values"], *b["values"][1:]]} for a, b in zip(early, late, strict=True)]
    recording = type(first)(first.start, first.end, first.step, [*(r for r in rows if "canary" not in str(r)), *merged])
    assert len(list(releases(list(samples(recording, ARMS))))) == 2


def test_without_a_past_errors_are_taken_as_independent() -> None:
    looks = list(samples(recorded(3), ARMS))
    assert phi_before(looks, START) == 1
    assert phi_before([], START) == 1
