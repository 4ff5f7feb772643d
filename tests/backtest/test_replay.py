from dataclasses import replace
from datetime import timedelta

from canary_operator.backtest.looks import looks
from canary_operator.backtest.replay import Pin, releases, replay
from tests.backtest.courses import fixed
from tests.backtest.recorded import START, STEP, WISH, recorded
from tests.core.evidence.stream import terms

PIN: Pin = fixed(terms(look=10))


def test_a_bad_release_would_have_been_taken_back() -> None:
    """Half of its requests fail, of which it has a hundred in each look."""
    past = looks(recorded(60, canary=(100, 50), first=20), WISH)
    (span,) = releases(past)
    found = replay(past, span, PIN)
    assert span[0] == START + 20 * STEP
    assert found.harm_at is not None
    assert found.harm_at - found.began <= timedelta(seconds=30)
    assert found.sentence.startswith("The canary fails too often")
    assert found.requests == 100 * len(found.trace[1:])
    assert found.trace[-1] >= 1


def test_a_good_release_would_not() -> None:
    past = looks(recorded(60, canary=(100, 1), first=20), WISH)
    (span,) = releases(past)
    found = replay(past, span, PIN)
    assert found.harm_at is None
    assert found.ended == START + 59 * STEP
    assert max(found.trace) < 1


def test_two_canaries_with_a_pause_between_are_two_releases() -> None:
    """The second one's counters go on from those of the first."""
    first = recorded(200, canary=(100, 0), first=10, last=20)
    second = recorded(200, canary=(100, 0), first=150, last=160)
    early, late = ([row for row in one.rows if "checkout-canary" in str(row)] for one in (first, second))
    merged = [{**a, "values": [*a["values"][:11], *b["values"][1:]]} for a, b in zip(early, late, strict=True)]
    others = [row for row in first.rows if "checkout-canary" not in str(row)]
    assert len(list(releases(looks(replace(first, rows=[*others, *merged]), WISH)))) == 2
