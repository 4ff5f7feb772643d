from dataclasses import replace
from datetime import timedelta

import pytest
from scipy import stats

from canary_operator.backtest.replay import Replay
from canary_operator.backtest.told import drawn, of_releases, of_shadows, wilson
from tests.backtest.recorded import START

GOOD = Replay(START, START + timedelta(minutes=9), None, "No harm found so far.", 500.0, (0.009, 0.01))
BAD = replace(
    GOOD, harm_at=START + timedelta(seconds=75), sentence="The canary fails too often.", trace=(0.009, 0.1, 2.0)
)


def test_a_release_says_when_it_would_have_gone_back() -> None:
    said = "\n".join(of_releases([GOOD, BAD]))
    assert "taken back 1m15s after its first request" in said
    assert "it would have been shipped as far as its errors go" in said
    assert "The canary fails too often." in said


def test_no_release_is_said() -> None:
    assert list(of_releases([])) == ["No canary had a request in this time, so there is no release to judge again."]


def test_false_alarms_are_counted_with_what_chance_leaves_open() -> None:
    first, *wrong = of_shadows([GOOD] * 99 + [BAD], timedelta(hours=2))
    assert first == "Stable against itself: 100 runs of 2h, 1 taken back (0.18% to 5.4%, 95%)"
    assert wrong == ["  2026-03-01 12:00:00: The canary fails too often."]
    assert "(0% to 3.7%, 95%)" in next(of_shadows([GOOD] * 100, timedelta(hours=2)))
    assert "shorter than one run (2h)" in next(of_shadows([], timedelta(hours=2)))


@pytest.mark.parametrize(("seen", "trials"), [(1, 10), (3, 84), (50, 100)])
def test_the_interval_is_wilsons(seen: int, trials: int) -> None:
    known = stats.binomtest(seen, trials).proportion_ci(method="wilson")
    assert wilson(seen, trials) == pytest.approx((known.low, known.high), abs=1e-4)


def test_evidence_is_drawn_by_orders_of_magnitude() -> None:
    """Only a breach reaches the top."""
    assert drawn([1 / 111, 0.1, 0.999, 1.0, 50.0]) == "▁▄▇██"
    assert drawn([]) == ""
    assert len(drawn([0.01] * 1000)) == 60
    assert drawn([0.0] * 1000 + [2.0])[-1] == "█", "a column shows its highest"
