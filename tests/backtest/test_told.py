from dataclasses import replace
from datetime import timedelta

import pytest
from scipy import stats

from canary_operator.backtest.by_metric import Found
from canary_operator.backtest.told import drawn, of_metrics_beyond_reach, of_releases, of_shadows, wilson
from canary_operator.backtest.trial import Replay
from tests.backtest.recorded import START

GOOD = Replay(START, START + timedelta(minutes=9), None, "No harm found so far.", 500.0, (0.009, 0.01))
BAD = replace(
    GOOD, harm_at=START + timedelta(seconds=75), sentence="The canary fails too often.", trace=(0.009, 0.1, 2.0)
)


def test_a_release_says_when_it_would_have_gone_back() -> None:
    said = "\n".join(of_releases([GOOD, BAD]))
    assert "taken back 1m15s after its first request" in said
    assert "it would have been shipped" in said
    assert "The canary fails too often." in said


def test_each_metric_has_a_row_with_its_evidence_or_the_reason() -> None:
    """Without its name twice; one metric alone has said all in the verdict."""
    errors = Found("istio-error-rate", (0.009, 0.1), "istio-error-rate: 3 of 500 requests failed.")
    orders = Found("orders", (0.0, 0.0), "orders: nothing.", missing="the query finds nothing")
    said = list(of_releases([replace(GOOD, metrics=(errors, orders))]))
    assert not any("No harm found" in line for line in said), "the rows say it"
    assert "  it would not have been taken back; not judged: orders" in said
    assert said[-2:] == [
        "  istio-error-rate  ▁▄  3 of 500 requests failed.",
        "  orders            ··  not judged: the query finds nothing",
    ]
    assert list(of_releases([replace(GOOD, metrics=(errors,))]))[-1] == "  No harm found so far."


def test_a_release_that_would_have_waited_is_said() -> None:
    held = replace(GOOD, held_at=START + timedelta(seconds=30), warning="queue is not critical.")
    said = list(of_releases([held]))
    assert said[1] == "  held for a person 30s after its first request: queue is not critical."
    assert not any("shipped" in line for line in said)
    (first,) = of_shadows([held], timedelta(hours=2))
    assert first.endswith(", 1 held for a person")


def test_each_metric_is_summed_up_over_the_runs() -> None:
    """A bar for each run, as high as it came in it."""
    errors = Found("istio-error-rate", (0.009, 0.5, 0.1), "")
    slow = Found("istio-latency-p99", (0.2, 2.0), "")
    silent = replace(slow, trace=(0.0,), missing="too few requests")
    found = [replace(GOOD, metrics=(errors, one)) for one in (slow, silent)]
    assert list(of_shadows(found, timedelta(hours=2)))[1:] == [
        "  istio-error-rate   ▆▆  judged in 2 of 2 runs, harm in 0",
        "  istio-latency-p99  █·  judged in 1 of 2 runs, harm in 1; not judged: too few requests",
    ]


def test_what_no_recording_answers_is_said_by_name() -> None:
    assert list(of_metrics_beyond_reach([("restarts", "nobody knows")])) == ["restarts is not judged: nobody knows."]


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
    assert drawn([-1.0, 1.0]) == "·█"
    assert drawn([1 / 111, 0.1, 0.999, 1.0, 50.0]) == "▁▄▇██"
    assert drawn([]) == ""
    assert len(drawn([0.01] * 1000)) == 60
    assert drawn([0.0] * 1000 + [2.0])[-1] == "█", "a column shows its highest"
