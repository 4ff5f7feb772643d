from dataclasses import replace
from datetime import timedelta

import pytest

from canary_operator.backtest.looks import looks
from canary_operator.backtest.recording import Recording
from canary_operator.core.evidence.sample import Counter, Numbers, Pods
from canary_operator.errors import CanaryError, Unavailable
from canary_operator.providers.metrics.tables import Row
from tests.backtest.recorded import (
    ARMS,
    ERRORS,
    MEMORY,
    ORDERS,
    P99,
    QUEUE,
    START,
    STEP,
    WISH,
    own,
    recorded,
    slow,
    wish,
)

LATENCY = wish(ERRORS, P99)


def test_each_step_is_the_look_that_it_would_have_been() -> None:
    found = looks(recorded(4, canary=(100, 5), first=1), WISH).samples
    assert [sample.at for sample in found] == [START + look * STEP for look in range(1, 4)]
    last = found[-1].sources["istio-system/gw-1"]
    assert last.baseline == Counter(2700, 27)
    assert last.canary == Counter(200, 10)


def test_slow_requests_stand_beside_what_failed() -> None:
    """At each boundary; and what the baseline took in the half hour before any time."""
    found = looks(slow(recorded(4, canary=(100, 5), first=1), (900, 90), (100, 50), first=1), LATENCY)
    last = found.samples[-1].beside["100"].sources["istio-system/gw-1"]
    assert (last.baseline, last.canary) == (Counter(2700, 270), Counter(200, 100))
    assert found.durations_at(START + STEP).requests == 180 * 900
    assert found.durations_at(START - STEP).requests == 0


def test_own_queries_stand_beside_too() -> None:
    """Counters, numbers and pods, each as the operator would have read it."""
    wanted = wish(ORDERS, QUEUE, MEMORY)
    values = {"canary": 1.0, "canary-whole": 5.0, "baseline": 2.0, "baseline-whole": 10.0}
    recording = own(recorded(3, canary=(9, 0)), wanted, "orders", lambda part, look: look * values[part])
    recording = own(recording, wanted, "queue", lambda part, look: {"canary": look, "baseline": 7}[part])
    recording = own(recording, wanted, "memory", lambda pod, _: {"canary/0": 100, "baseline/1": 90}.get(pod), "01")
    last = looks(recording, wanted).samples[-1]
    assert last.beside["orders"].sources["all"].canary == Counter(10, 2)
    assert last.beside["orders"].at == START + STEP, "what a scrape has not shown yet may be a scrape old"
    assert last.numbers["queue"] == Numbers(START + 2 * STEP, 2, 7)
    assert last.pods["memory"] == Pods(START + 2 * STEP, {"0": 100}, {"1": 90})


def test_what_a_query_lacked_is_remembered_with_its_time() -> None:
    wanted = wish(QUEUE)
    recording = own(recorded(4), wanted, "queue", lambda part, look: 1 if part == "baseline" and look < 2 else None)
    found = looks(recording, wanted)
    assert found.complaint("queue", START, START + STEP) == ""
    assert "nothing for the baseline" in found.complaint("queue", START, START + 3 * STEP)
    assert found.complaint("queue", START + 4 * STEP, START + 9 * STEP) == "", "a release has its own complaints"
    assert found.complaint("orders", START, START + 3 * STEP) == ""


@pytest.mark.parametrize(
    ("recording", "refused"),
    [
        (recorded(2), {"istio-latency-p99", "orders"}),
        (slow(recorded(2), (900, 90)), {"orders"}),
        (replace(slow(recorded(2), (900, 90)), slow=()), {"istio-latency-p99", "orders"}),
    ],
)
def test_what_the_recording_does_not_answer_is_named(recording: Recording, refused: set[str]) -> None:
    """One of another spec, or of a time when nothing else was asked."""
    found = looks(recording, wish(ERRORS, P99, ORDERS)).refused
    assert set(found) == refused
    assert all("record again" in reason for reason in found.values())


def test_another_query_under_the_same_name_is_not_answered() -> None:
    recording = own(recorded(2), wish(ORDERS), "orders", lambda _, look: look)
    assert not looks(recording, wish(ORDERS)).refused
    assert set(looks(recording, wish({**ORDERS, "promQL": 'sold{s="$service"}'})).refused) == {"orders"}
    slower = replace(recording, step=timedelta(seconds=60))
    assert not looks(slower, wish(ORDERS)).refused, "only a query with $interval hangs on the step"


def test_a_refusal_is_told_as_prometheus_said_it() -> None:
    recording = replace(recorded(2), refused={"orders": "too many samples"})
    assert looks(recording, wish(ORDERS)).refused == {"orders": "too many samples"}


def test_a_recording_of_other_requests_is_refused() -> None:
    """Of another Service, or as somebody else counts them."""
    mine = replace(recorded(2), question=WISH.counters())
    assert looks(mine, WISH).samples
    with pytest.raises(CanaryError, match="record again"):
        looks(mine, wish({"preset": "requests", "max": "1%"}))


def test_what_pods_count_by_themselves_is_read_as_that_of_callers() -> None:
    """Each pod is a source of its own."""
    recording = recorded(4, canary=(100, 5), first=1)
    rows = [
        {**row, "metric": {**row["metric"], "reporter": "application", "pod": "checkout-1"}} for row in recording.rows
    ]
    found = looks(replace(recording, rows=rows), wish({"preset": "requests", "max": "1%"})).samples
    assert found[-1].sources["istio-system/checkout-1"].canary == Counter(200, 10)


def test_the_minutes_of_each_pod_are_those_before_the_moment() -> None:
    """Half an hour of them; nothing of the canary's, and nothing where no pod reports."""
    labels = {"destination_service_namespace": "shop", "destination_service_name": "checkout", "pod": "a"}
    values = [[START.timestamp() + 60 * minute, str(10 * minute)] for minute in range(100)]
    found = looks(replace(recorded(2), pods=[{"metric": {**labels, "class": "all"}, "values": values}]), WISH)
    (minutes,) = found.pods_before(START + timedelta(minutes=50), ARMS.stable).values()
    assert [minute.requests for minute in minutes] == [10] * 30
    assert found.pods_before(START + timedelta(minutes=50), ARMS.canary) == {}
    assert looks(recorded(2), WISH).pods_before(START, ARMS.stable) == {}


@pytest.mark.parametrize("rows", [[{}], [{"metric": {}, "values": [5]}], [{"metric": {}, "values": [[1, "x"]]}]])
def test_anything_else_is_no_answer(rows: list[Row]) -> None:
    with pytest.raises(Unavailable):
        looks(Recording(START, START, STEP, rows), WISH)
    with pytest.raises(Unavailable):
        looks(replace(slow(recorded(2), (900, 9)), slow=rows), LATENCY)
    with pytest.raises(Unavailable):
        looks(replace(recorded(2), pods=rows), WISH)
