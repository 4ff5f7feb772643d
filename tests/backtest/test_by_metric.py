from collections.abc import Callable

from canary_operator.backtest.course import course
from canary_operator.backtest.looks import Looks, looks
from canary_operator.backtest.recording import Recording
from canary_operator.backtest.replay import releases, replay
from canary_operator.backtest.trial import Replay
from canary_operator.backtest.wanted import Wanted
from tests.backtest.recorded import ERRORS, MEMORY, ORDERS, P99, QUEUE, STEP, own, recorded, slow, wish


def replayed(recording: Recording, wanted: Wanted) -> Replay:
    """The one release in it."""
    found = looks(recording, wanted)
    (span,) = releases(found)
    return replay(found, span, lambda moment: course(found, wanted, STEP, moment))


def a_release(errors: float = 1) -> Recording:
    """From the 20th look on a hundred requests of the canary in each."""
    return recorded(60, canary=(100, errors), first=20)


def orders(canary: float) -> Callable[[str, int], float]:
    """A tenth of the visits of the baseline end in an order."""

    def value(part: str, look: int) -> float:
        each = {"canary": canary, "canary-whole": 100, "baseline": 90, "baseline-whole": 900}[part]
        return each * (max(0, look - 20) if "canary" in part else look)

    return value


def test_a_slow_release_is_found_although_nothing_fails() -> None:
    """Half of its requests are slow, of the baseline's a twentieth."""
    found = replayed(slow(a_release(0), (900, 45), (100, 50), first=20), wish(ERRORS, P99))
    assert found.harm_at is not None
    assert found.sentence.startswith("The canary is too slow")
    errors, latency = found.metrics
    assert (errors.missing, latency.missing) == ("", "")
    assert max(errors.trace) < 1 <= latency.trace[-1]
    assert latency.sentence.startswith("istio-latency-p99: ")
    assert len(errors.trace) == len(latency.trace) == len(found.trace)


def test_a_release_that_sells_less_is_found() -> None:
    wanted = wish(ERRORS, ORDERS)
    assert replayed(own(a_release(), wanted, "orders", orders(10)), wanted).harm_at is None
    found = replayed(own(a_release(), wanted, "orders", orders(3)), wanted)
    assert found.sentence.startswith("orders falls short in the canary")


def test_a_number_beyond_its_limit_is_found_after_three_looks() -> None:
    wanted = wish(ERRORS, QUEUE)
    found = replayed(own(a_release(), wanted, "queue", lambda part, _: 12 if part == "canary" else 7), wanted)
    assert found.sentence.startswith("queue is outside its limits: 12 in the canary and 7 in the baseline")
    assert [round(part, 2) for part in found.metrics[1].trace] == [0.0, 0.33, 0.67, 1.0]


def test_pods_that_need_more_are_found() -> None:
    """Six of the baseline are enough to compare with; a stage of five minutes has windows of a minute and a half."""
    wanted = wish(ERRORS, MEMORY)

    def memory(pod: str, _: int) -> float | None:
        return {"canary/0": 200.0, "canary/1": 205.0}.get(pod) if "canary" in pod else 90.0 + int(pod[-1])

    found = replayed(own(a_release(), wanted, "memory", memory, "012345"), wanted)
    assert found.sentence.startswith("memory is too high in the canary: 2 pods of the canary have 202")
    assert found.metrics[1].trace[-1] == 1
    healthy = replayed(own(a_release(), wanted, "memory", lambda pod, _: 90.0 + int(pod[-1]), "012345"), wanted)
    assert healthy.harm_at is None
    assert 0 < healthy.metrics[1].trace[-1] < 0.1


def test_what_is_not_critical_holds() -> None:
    wanted = wish(ERRORS, {**QUEUE, "critical": False})
    found = replayed(own(a_release(), wanted, "queue", lambda *_: 12), wanted)
    assert (found.harm_at, found.held_at is not None) == (None, True)
    assert found.warning.startswith("queue is not critical, so the run holds")


def missing(recording: Recording, wanted: Wanted) -> dict[str, str]:
    return {one.name: one.missing for one in replayed(recording, wanted).metrics if one.missing}


def test_each_metric_that_could_not_be_judged_says_why() -> None:
    """A refusal in Prometheus' words, a query that finds nothing, too few requests, too few pods, no number."""
    wanted = wish(ERRORS, P99, ORDERS, QUEUE, MEMORY)
    recording = own(a_release(), wanted, "orders", lambda part, look: look if "whole" in part else 0)
    recording = own(recording, wanted, "queue", lambda part, _: 7 if part == "baseline" else None)
    recording = own(recording, wanted, "memory", lambda _pod, _: 90.0, "01")
    found = missing(recording, wanted)
    assert set(found) == {"istio-latency-p99", "queue", "memory"}
    assert "record again" in found["istio-latency-p99"]
    assert found["queue"] == "there is no number of the canary"
    assert "2 pods of the baseline were seen" in found["memory"]


def test_a_release_shorter_than_a_window_compares_no_pods() -> None:
    wanted = wish(ERRORS, MEMORY)
    short = recorded(24, canary=(100, 1), first=20)
    found = missing(own(short, wanted, "memory", lambda *_: 90.0, "012345"), wanted)
    assert "no window ended" in found["memory"]


def test_a_query_that_finds_nothing_of_the_canary_is_said() -> None:
    wanted = wish(ERRORS, ORDERS)
    recording = own(a_release(), wanted, "orders", lambda part, look: None if "canary" in part else look)
    assert missing(recording, wanted) == {"orders": "nothing of it was counted of the canary"}
    silent = own(a_release(), wanted, "orders", lambda *_: None)
    assert "Prometheus has nothing for the baseline" in missing(silent, wanted)["orders"]


def test_too_few_durations_before_a_release_are_said() -> None:
    """They are known only from the beginning of the recording on, and were of no more than ninety requests."""
    wanted = wish(ERRORS, P99)
    few = slow(recorded(60, (0.5, 0), canary=(100, 1), first=20), (0.5, 0.1), (100, 50), first=20)
    assert "fewer than 100 requests" in missing(few, wanted)["istio-latency-p99"]


def test_in_the_warm_up_only_failures_are_judged() -> None:
    """A canary that fails everything goes before anything else could be seen."""
    wanted = wish(ERRORS, P99)
    warm = wanted.spec.model_copy(
        update={"analysis": wanted.spec.analysis.model_copy(update={"warmup": wanted.spec.stages[0].duration})}
    )
    wanted = Wanted(warm, wanted.arms, wanted.queries)
    found = replayed(slow(a_release(100), (900, 45), (100, 100), first=20), wanted)
    errors, latency = found.metrics
    assert found.sentence.startswith("The canary fails blatantly")
    assert (errors.sentence, latency.missing) == (
        found.sentence,
        "the run ended in its warm-up, in which only what fails is judged",
    )
    assert max(latency.trace) == 0


def test_nothing_is_found_without_a_look() -> None:
    found = looks(a_release(), wish())
    empty = Looks()
    (span,) = releases(found)
    assert replay(empty, span, lambda moment: course(empty, wish(), STEP, moment)).metrics == ()
