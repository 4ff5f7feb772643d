import pytest

from canary_operator.backtest.course import course
from canary_operator.backtest.looks import Looks, looks
from canary_operator.backtest.replay import Pin
from canary_operator.backtest.shadows import shadows
from canary_operator.backtest.wanted import Wanted
from tests.backtest.courses import fixed
from tests.backtest.recorded import ERRORS, MEMORY, ORDERS, P99, QUEUE, STEP, WISH, own, recorded, slow, wish
from tests.core.evidence.stream import terms

PIN = fixed(terms(look=10, planned=600))


def past(requests: int, errors: float = 9.0) -> Looks:
    return looks(recorded(requests, (900, errors)), WISH)


def pinned(found: Looks, wanted: Wanted) -> Pin:
    return lambda moment: course(found, wanted, STEP, moment)


def test_stable_against_itself_is_never_harmful() -> None:
    """However much both fail: two hours have room for twelve runs of ten minutes, and none is a false alarm."""
    for errors in (0.0, 9.0, 300.0):
        found = list(shadows(past(725, errors), PIN, seed=1))
        assert len(found) == 12
        assert all(one.harm_at is None for one in found)


def test_a_pretended_canary_gets_its_weight() -> None:
    """10 % of five minutes and half of the other five."""
    (found,) = shadows(past(65), PIN, seed=1)
    assert found.requests == pytest.approx(0.1 * 30 * 900 + 0.5 * 30 * 900, rel=0.03)


def test_one_seed_is_one_outcome() -> None:
    one, same, other = ([*shadows(past(130), PIN, seed=seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_a_short_recording_has_no_room_for_a_run() -> None:
    assert list(shadows(past(60), PIN, seed=1)) == []
    assert list(shadows(Looks(), PIN, seed=1)) == []


def test_latencies_orders_numbers_and_pods_are_tried_against_themselves() -> None:
    """Each is judged in each run, and none of them cries wolf."""
    wanted = wish(ERRORS, P99, ORDERS, QUEUE, MEMORY)
    whole = slow(recorded(190, (400, 4)), (400, 40))
    whole = own(whole, wanted, "orders", lambda part, look: look * (400 if "whole" in part else 80) * ("b" in part))
    whole = own(whole, wanted, "queue", lambda part, _: 7 if part == "baseline" else None)
    whole = own(
        whole, wanted, "memory", lambda pod, _: {f"baseline/{n}": 90 + n for n in range(8)}.get(pod), "01234567"
    )
    found = looks(whole, wanted)
    runs = list(shadows(found, pinned(found, wanted), seed=1))
    assert len(runs) == 3
    for run in runs:
        assert run.harm_at is None
        assert [metric.name for metric in run.metrics] == [
            "istio-error-rate",
            "istio-latency-p99",
            "orders",
            "queue",
            "memory",
        ]
        assert not [metric.missing for metric in run.metrics if metric.missing]
    words = {metric.name: metric.sentence for metric in runs[0].metrics}
    assert "1 pod of the canary has" in words["memory"] or "pods of the canary have" in words["memory"]
    assert "7 in the canary and 7 in the baseline" in words["queue"]


def test_a_number_that_stable_does_not_keep_is_a_false_alarm() -> None:
    """A limit that is broken without any canary would have taken every release back."""
    wanted = wish(ERRORS, QUEUE)
    found = looks(own(recorded(65), wanted, "queue", lambda part, _: 12 if part == "baseline" else None), wanted)
    (run,) = shadows(found, pinned(found, wanted), seed=1)
    assert run.harm_at is not None
    assert run.sentence.startswith("queue is outside its limits")


def test_too_few_pods_are_said() -> None:
    wanted = wish(ERRORS, MEMORY)
    found = looks(
        own(recorded(65), wanted, "memory", lambda pod, _: {"baseline/0": 90, "baseline/1": 91}.get(pod), "01"), wanted
    )
    (run,) = shadows(found, pinned(found, wanted), seed=1)
    assert "1 pods of the baseline were seen" in run.metrics[1].missing
