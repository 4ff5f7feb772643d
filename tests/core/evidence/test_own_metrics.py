"""Metrics with a query of their own: what one wants more of, and single numbers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import nan

import pytest

from canary_operator.api.evidence import Evidence
from canary_operator.api.metric import Metric
from canary_operator.core.evidence.judge import Judgement, begin, fold, judge
from canary_operator.core.evidence.sample import Numbers, Sample
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.metric_terms import judged
from tests.core.evidence.stream import START, Gateway

COUNTER = {"name": "conversion", "promQL": "paid{s='$service'}", "outOf": "visits{s='$service'}"}
SCALAR = {"name": "budget", "promQL": "budget{s='$service'}", "kind": "Scalar"}


def terms(**metric: object) -> Terms:
    metrics = judged([Metric.model_validate(metric)], ())
    return Terms(metrics, timedelta(seconds=1), timedelta(0), timedelta(hours=1))


def counted(looks: int, canary: tuple[float, float], baseline: tuple[float, float], to: Terms) -> Judgement:
    """So many looks with so many visits and orders in each."""
    requests, orders, evidence = Gateway(), Gateway(), begin()
    for look in range(looks + 1):
        sample = requests.serve(1, (10, 0), (90, 0))
        beside = orders.serve(1, canary, baseline) if look else orders.serve(1)
        evidence = fold(evidence, Sample(sample.sources, {"conversion": beside}), to, clean_from=START)
    return judge(evidence, to)


def numbered(numbers: Iterable[float | None], to: Terms, *, clean_from: datetime | None = START) -> Evidence:
    requests = Gateway()
    evidence = fold(begin(), requests.serve(1), to, clean_from=clean_from)
    for number in numbers:
        sample = requests.serve(1, (10, 0), (90, 0))
        told = {"budget": Numbers(requests.at, number, 0.99)}
        evidence = fold(evidence, Sample(sample.sources, numbers=told), to, clean_from=clean_from)
    return evidence


def test_a_canary_that_sells_less_goes_back() -> None:
    """A fifth of the visits are orders; in the canary a tenth."""
    to = terms(**COUNTER, maxDecrease="10%")
    verdict = counted(20, (100, 10), (900, 180), to)
    assert verdict.harm
    assert verdict.sentence.startswith(
        "conversion falls short in the canary: 200 of 2000 in the canary (10%) are conversion and "
        "3600 of 18000 in the baseline (20%) are conversion, "
    )
    assert "allowed is at least 0.9 times the baseline's rate" in verdict.sentence


@pytest.mark.parametrize("orders", [18, 20, 40])
def test_as_much_or_more_is_welcome(orders: float) -> None:
    """10 % less is what was allowed."""
    assert not counted(200, (100, orders), (900, 180), terms(**COUNTER, maxDecrease="10%")).harm


def test_less_is_found_in_words_of_the_canary() -> None:
    """The interval speaks of the canary's rate over the baseline's, though the test is turned round."""
    said = counted(30, (100, 10), (900, 180), terms(**COUNTER, maxDecrease="10%")).sentence
    assert "0.33 to 0.64 times as often (95%)" in said


def test_a_counter_may_also_be_held_to_a_limit() -> None:
    to = terms(**COUNTER, max="5%")
    assert counted(10, (100, 20), (900, 180), to).harm
    assert not counted(10, (100, 5), (900, 180), to).harm


@pytest.mark.parametrize(
    ("numbers", "harm"), [([0.5] * 3, True), ([0.5, 0.5, 0.95, 0.5, 0.5], False), ([0.9] * 9, False)]
)
def test_a_number_counts_when_it_is_outside_three_times_in_a_row(numbers: list[float], harm: bool) -> None:
    to = terms(**SCALAR, min="0.9")
    assert judge(numbered(numbers, to), to).harm is harm


def test_no_number_neither_adds_nor_ends_anything() -> None:
    """A gap in the data is not a good look, nor a bad one."""
    to = terms(**SCALAR, min="0.9")
    assert judge(numbered([0.5, nan, 0.5, None, 0.5], to), to).harm
    assert not judge(numbered([None] * 9, to), to).harm


def test_a_number_from_before_the_weight_is_not_the_canarys() -> None:
    to = terms(**SCALAR, min="0.9")
    assert not judge(numbered([0.1] * 9, to, clean_from=None), to).harm
    assert not judge(numbered([0.1] * 9, to, clean_from=START + timedelta(hours=1)), to).harm


def test_the_verdict_says_what_was_seen_and_what_is_allowed() -> None:
    to = terms(**SCALAR, min="0.9", max="1.5")
    said = judge(numbered([0.25] * 3, to), to).sentence
    assert said == (
        "budget is outside its limits: 0.25 in the canary and 0.99 in the baseline; "
        "allowed is at least 0.9 and at most 1.5; 3 looks in a row."
    )


def test_one_that_is_not_critical_warns() -> None:
    to = terms(**SCALAR, min="0.9", critical=False)
    verdict = judge(numbered([0.25] * 3, to), to)
    assert not verdict.harm
    assert verdict.warning.startswith("budget is not critical, so the run holds. budget is outside its limits: 0.25")


def test_numbers_survive_a_restart() -> None:
    to = terms(**SCALAR, min="0.9")
    evidence = numbered([0.5, 0.5], to)
    assert Evidence.model_validate_json(evidence.model_dump_json(by_alias=True)) == evidence
    assert evidence.streaks[0].outside == 2


def test_what_comes_in_groups_counts_less() -> None:
    """As it was measured when the first sample came, which is some looks after those of the failed requests."""
    to, requests, orders, evidence = terms(**COUNTER, max="5%"), Gateway(), Gateway(), begin()
    evidence = fold(evidence, requests.serve(1), to, clean_from=START)
    for phi in (3.0, 1.0):
        beside = Sample(orders.serve(1, (100, 5), (900, 45)).sources, phi=phi)
        evidence = fold(evidence, Sample(requests.serve(1).sources, {"conversion": beside}), to, clean_from=START)
    assert evidence.more[0].phi == 3.0


def test_a_fifth_less_is_found_and_not_by_luck() -> None:
    """16 % instead of 20 % are 1.19 times what is allowed; seven thousand visits of each arm show it."""
    to = terms(**COUNTER, maxDecrease="5%")
    assert counted(90, (75, 12), (75, 15), to).harm
    assert not counted(90, (75, 14.5), (75, 15), to).harm
