"""One number for each pod: the pod is the unit, and a stage compares three times."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from math import exp
from random import Random

import pytest

from canary_operator.api.evidence import Evidence, Gauge, PodMean, PodsCompared
from canary_operator.api.metric import Metric
from canary_operator.core.evidence.gauges import compare, level
from canary_operator.core.evidence.judge import begin, fold, judge, new_stage
from canary_operator.core.evidence.sample import Pods, Sample
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.metric_terms import judged
from tests.core.evidence.stream import START, Gateway

MEMORY = {"preset": "memory", "critical": True, "maxIncrease": "10%"}
ERRORS = {"preset": "istio-error-rate", "maxIncrease": "50%"}
LOOKS = 30


def terms(*metrics: Mapping[str, object], stages: int = 1) -> Terms:
    return Terms(
        judged([Metric.model_validate(one) for one in metrics], ()),
        look=timedelta(seconds=1),
        warmup=timedelta(0),
        planned=timedelta(seconds=LOOKS),
        window=timedelta(seconds=0.3 * LOOKS),
        compared_stages=stages,
    )


def pods(number: int, times: float = 1.0, spread: float = 0.1, seed: int = 1) -> dict[str, float]:
    chance = Random(f"{number} {times} {seed}")  # noqa: S311 - it must repeat, not surprise
    return {f"p{one}": 100 * times * exp(chance.gauss(0, spread)) for one in range(number)}


def looked(
    canary: Callable[[int], Mapping[str, float]],
    baseline: Mapping[str, float],
    to: Terms,
    *,
    looks: int = LOOKS,
    has_baseline: bool = True,
) -> Evidence:
    requests = Gateway()
    seen = fold(begin(), requests.serve(1), to, clean_from=START)
    for look in range(looks):
        sample = requests.serve(1, (10, 0), (90, 0))
        told = {"memory": Pods(requests.at, canary(look), baseline)}
        seen = fold(seen, Sample(sample.sources, pods=told), to, clean_from=START, has_baseline=has_baseline)
    return seen


def always(numbers: Mapping[str, float]) -> Callable[[int], Mapping[str, float]]:
    return lambda _: numbers


def test_a_canary_that_needs_twice_as_much_goes_back() -> None:
    verdict = judge(looked(always(pods(3, 2)), pods(10), terms(MEMORY)), terms(MEMORY))
    assert verdict.harm
    assert verdict.sentence.startswith("memory is too high in the canary: 3 pods of the canary have ")
    assert "Mi and 10 of the baseline " in verdict.sentence
    assert "times as much (95%); allowed is 1.1 times; chance does this to" in verdict.sentence


def test_numbers_have_their_unit_and_no_exponent() -> None:
    """Seconds of CPU for a request; and chances as people say them."""
    to = terms({"preset": "cpu", "maxIncrease": "10%"})
    gauge = Gauge(
        key="cpu",
        canary_pods=3,
        baseline_pods=6,
        broken=True,
        newest=PodsCompared(canary=0.003, baseline=0.001, lower=2.8, upper=3, findable=1.3, chance=1 / 523_456),
    )
    said = judge(begin().model_copy(update={"gauges": (gauge,), "warm": True}), to).sentence
    assert "3 pods of the canary have 0.003s and 6 of the baseline 0.001s" in said
    assert "one canary in 520000 that keeps" in said


def test_half_of_alpha_is_enough_for_a_half_of_the_weight() -> None:
    """The errors are silent: what the pods show takes the release back by itself."""
    to = terms(ERRORS, MEMORY)
    assert judge(looked(always(pods(3, 2)), pods(10), to), to).harm
    assert level(to.metrics[1], to) == pytest.approx(0.009 / 2 / 3)
    assert level(terms(MEMORY, stages=4).metrics[0], terms(MEMORY, stages=4)) == pytest.approx(0.009 / 12)


def test_a_metric_that_is_not_critical_warns() -> None:
    to = terms(ERRORS, {**MEMORY, "critical": False})
    verdict = judge(looked(always(pods(3, 2)), pods(10), to), to)
    assert not verdict.harm
    assert verdict.warning.startswith("memory is not critical, so the run holds. memory is too high in the canary: ")


def test_what_grows_is_found_when_it_has_grown() -> None:
    """The first window shows nothing yet."""
    to = terms(MEMORY)
    start = pods(3)

    def leaking(look: int) -> Mapping[str, float]:
        return {pod: number * (1 + max(0, look - 10) / 10) for pod, number in start.items()}

    assert not judge(looked(leaking, pods(10), to, looks=11), to).harm
    assert judge(looked(leaking, pods(10), to), to).harm


def test_healthy_pods_are_taken_back_no_oftener_than_promised() -> None:
    """Just as much as allowed, each of three windows with pods of its own, 3000 times: at most 0.9 %."""
    to, taken = terms(MEMORY), 0
    metric = to.metrics[0]
    assert metric.comparison is not None
    for seed in range(0, 9000, 3):
        windows = [seen_once(pods(3, 1.1, seed=one), pods(10, seed=one + 9000)) for one in range(seed, seed + 3)]
        found = [compare(window, metric.comparison, level(metric, to)) for window in windows]
        taken += any(one is not None and one.chance <= level(metric, to) for one in found)
    assert 0 < taken <= 3000 * 0.009 + 3 * (3000 * 0.009) ** 0.5


def seen_once(canary: Mapping[str, float], baseline: Mapping[str, float]) -> Gauge:
    arms = [tuple(PodMean(pod=pod, total=number, looks=1) for pod, number in arm.items()) for arm in (canary, baseline)]
    return Gauge(key="memory", canary=arms[0], baseline=arms[1])


@pytest.mark.parametrize("baseline", [pods(4), {}, {**pods(10), "p0": 0.0}])
def test_what_can_not_be_compared_is_not(baseline: Mapping[str, float]) -> None:
    """Too few pods, none, or one that has nothing: it is said, and the stage does not count it as seen."""
    to = terms(MEMORY)
    seen = looked(always(pods(3, 5)), baseline, to)
    assert not judge(seen, to).harm
    assert seen.gauges[0].windows == 0
    assert "memory: " in judge(seen, to).sentence


def test_a_stage_compares_three_times_and_the_next_one_again() -> None:
    to = terms(MEMORY)
    seen = looked(always(pods(3)), pods(10), to, looks=5 * LOOKS)
    assert seen.gauges[0].windows == 3
    again = new_stage(seen)
    assert (again.gauges[0].windows, again.gauges[0].canary) == (0, ())


def test_what_was_found_stays_found() -> None:
    """A window that looks better does not take it back."""
    to = terms(MEMORY)
    bad = looked(always(pods(3, 2)), pods(10), to, looks=12)
    assert judge(bad, to).harm
    assert judge(new_stage(bad), to).harm


def test_without_a_baseline_nothing_is_compared() -> None:
    to = terms(MEMORY)
    assert looked(always(pods(3, 9)), pods(10), to, has_baseline=False).gauges[0].baseline_pods == 0


def test_less_may_be_harm() -> None:
    """Workers that take fewer jobs than allowed."""
    jobs = {"name": "memory", "kind": "Gauge", "promQL": "jobs{pod=~'$pods'}", "maxDecrease": "20%"}
    verdict = judge(looked(always(pods(3, 0.4)), pods(10), terms(jobs)), terms(jobs))
    assert verdict.harm
    assert "memory falls short in the canary" in verdict.sentence
    assert "allowed is at least 0.8 times" in verdict.sentence
    assert not judge(looked(always(pods(3, 4)), pods(10), terms(jobs)), terms(jobs)).harm


def test_the_worst_pod_is_held_to_the_limit() -> None:
    to = terms({"preset": "memory", "max": "150Mi"})
    one_is_big = {**pods(3), "p2": 151.0}
    verdict = judge(looked(always(one_is_big), pods(10), to), to)
    assert verdict.harm
    assert "151Mi in the canary" in verdict.sentence
    assert not judge(looked(always(pods(3)), pods(10), to), to).harm


def test_a_restart_of_the_operator_changes_nothing() -> None:
    to = terms(MEMORY)
    half = looked(always(pods(3, 2)), pods(10), to, looks=6)
    assert Evidence.model_validate_json(half.model_dump_json()) == half
