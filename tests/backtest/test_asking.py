from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from canary_operator.backtest.asking import MOST_SPREADS, POINTS, record
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.tables import Row
from tests.backtest.recorded import ERRORS, ORDERS, P99, QUEUE, START, STEP, WISH, recorded, slow, wish

SPAN = (START, START + 100 * STEP)
DESTINATION = 'reporter="destination"'
CALLERS = 'reporter=~"source|waypoint"'


@dataclass
class Past:
    """Answers with durations, and with nothing else; what it does not like it refuses."""

    refuses: str = "nothing"
    asked: list[tuple[str, datetime, datetime, timedelta]] = field(default_factory=list)

    def ask_range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Sequence[Row]:
        assert (end - start) / step < POINTS
        self.asked.append((query, start, end, step))
        if self.refuses in query:
            raise Unavailable("too many samples")
        if "[30m]" in query:
            return slow(recorded(1), (900, 9)).durations or []
        return [{"metric": {"pod": "a"}, "values": [[start.timestamp(), "1"]]}] if DESTINATION in query else []

    def asked_of(self, part: str) -> list[tuple[str, datetime, datetime, timedelta]]:
        return [one for one in self.asked if part in one[0]]


def test_a_long_span_is_asked_in_pieces_without_a_gap() -> None:
    """Prometheus refuses more than 11 000 points of a series."""
    past = Past()
    record(past, WISH, (START, START + 2.5 * POINTS * STEP), STEP)
    asked = past.asked_of(CALLERS)
    assert len(asked) == 3
    assert asked[0][1] == START
    assert asked[-1][2] == START + 2.5 * POINTS * STEP
    for (_, _, end, _), (_, start, _, _) in pairwise(asked):
        assert start == end + STEP


def test_the_pieces_of_one_series_are_one_row() -> None:
    found = record(Past(), WISH, (START, START + 2.5 * POINTS * timedelta(minutes=1)), STEP)
    (row,) = found.pods
    assert [at for at, _ in row["values"]] == [
        (START + n * POINTS * timedelta(minutes=1)).timestamp() for n in range(3)
    ]


def test_only_what_is_judged_is_asked() -> None:
    """Errors are always: they say when there was a release. So are the baseline's pods, by the minute."""
    past = Past()
    found = record(past, WISH, SPAN, STEP)
    errors, pods = past.asked
    assert "checkout-canary" in errors[0]
    assert (found.question, DESTINATION in pods[0], pods[3]) == (errors[0], True, timedelta(minutes=1))
    assert (found.durations, found.slow, found.own, found.refused) == (None, [], {}, {})


def test_pods_that_nobody_scrapes_are_missed_by_nobody() -> None:
    """Then nothing is known of how much they differ, as in the operator."""
    assert record(Past(DESTINATION), WISH, SPAN, STEP).pods == []


def test_what_applications_count_is_asked_of_them() -> None:
    past = Past()
    record(past, wish({"preset": "requests", "maxIncrease": "50%"}), SPAN, STEP)
    assert all("http_requests_total" in query and "istio" not in query for query, *_ in past.asked)


def test_of_a_tcp_route_connections_are_asked() -> None:
    """Pods do not say which of them failed."""
    past, below_http = Past(), wish(ORDERS)
    record(past, replace(below_http, arms=replace(below_http.arms, connections=True)), SPAN, STEP)
    assert "istio_tcp_connections_opened_total" in past.asked[0][0]
    assert not past.asked_of(DESTINATION)


def test_slow_requests_are_asked_at_the_boundaries_that_a_run_would_have_had() -> None:
    """How long requests took is asked now and then: each answer reads half an hour of every bucket."""
    past = Past()
    record(past, wish(ERRORS, P99), SPAN, STEP)
    durations, slow_ones = past.asked_of("duration")
    assert durations[3] == max(STEP, (SPAN[1] - SPAN[0]) / MOST_SPREADS)
    assert 'le=~"100|250"' in slow_ones[0]
    assert slow_ones[3] == STEP


def test_own_queries_are_asked_for_both_arms() -> None:
    past = Past()
    found = record(past, wish(ORDERS, QUEUE), SPAN, STEP)
    assert set(found.own) == {"orders", "queue"}
    ((orders, *_),) = past.asked_of("visits")
    assert 's="checkout"' in orders
    assert 's="checkout-canary"' in orders
    assert found.own["queue"].question == past.asked_of("queue")[0][0]


def test_a_question_that_is_refused_costs_only_its_own_metric() -> None:
    """Its reason is kept, and said when it is judged."""
    metrics = wish(ERRORS, P99, ORDERS, QUEUE)
    assert record(Past("visits"), metrics, SPAN, STEP).refused == {"orders": "too many samples"}
    found = record(Past("[30m]"), metrics, SPAN, STEP)
    assert found.refused == {"istio-latency-p99": "too many samples"}
    assert (found.durations, set(found.own)) == (None, {"orders", "queue"})


@pytest.mark.parametrize("row", [{}, {"metric": {}}, {"metric": None, "values": []}, {"metric": {}, "values": 5}])
def test_anything_else_is_no_range(row: Row) -> None:
    class Strange:
        def ask_range(self, *_: object) -> Sequence[Row]:
            return [row]

    with pytest.raises(Unavailable, match="did not answer with a range"):
        record(Strange(), WISH, SPAN, STEP)
