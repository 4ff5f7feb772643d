from math import inf, nan
from typing import Any

import pytest

from canary_operator.api.metric import Metric
from canary_operator.core.evidence.sample import Counter
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.own_answers import OwnAnswers, company, read_into
from canary_operator.providers.metrics.own_queries import PART
from tests.providers.metrics.answers import NOW, moment
from tests.providers.metrics.own import BUDGET, CONVERSION, QUEUE, SECOND, asked


def answer(part: str, value: float, **labels: str) -> dict[str, Any]:
    return {"metric": {PART: part, **labels}, "value": [NOW, str(value)]}


def read(metric: Metric, *rows: dict[str, Any]) -> OwnAnswers:
    answers = OwnAnswers()
    read_into(answers, asked(metric), rows, SECOND)
    return answers


def test_pods_are_sources_and_their_counts_are_a_scrape_old_at_most() -> None:
    """What happened since the last scrape is not in the numbers, and must not count as what came after a new weight."""
    sample = read(
        CONVERSION,
        answer("canary-whole", 100, pod="c"),
        answer("canary", 20, pod="c"),
        answer("baseline-whole", 900, pod="b"),
    ).samples["conversion"]
    assert sample.sources["pod=c"].canary == Counter(100, 20)
    assert sample.sources["pod=c"].baseline is None
    assert sample.sources["pod=b"].baseline == Counter(900, 0), "nobody paid yet"
    assert sample.at == moment(NOW - 1)


def test_queries_without_an_aggregation_differ_in_their_names_only() -> None:
    rows = (
        answer("baseline", 20, __name__="paid_total", pod="b"),
        answer("baseline-whole", 900, __name__="visits_total", pod="b"),
    )
    assert read(CONVERSION, *rows).samples["conversion"].sources["pod=b"].baseline == Counter(900, 20)


def test_labels_that_differ_are_told_apart_for_the_user() -> None:
    """Else nothing would ever be a part of anything."""
    rows = answer("baseline", 20), answer("baseline-whole", 900, pod="b")
    assert (
        "promQL has the labels all for the baseline and outOf has not"
        in read(CONVERSION, *rows).complaints["conversion"]
    )


def test_a_pod_that_served_nobody_yet_is_no_mistake() -> None:
    """Its application shows a 0, and its sidecar nothing."""
    rows = answer("baseline-whole", 900, pod="b"), answer("canary", 0, pod="c")
    answers = read(CONVERSION, *rows)
    assert answers.complaints == {}
    assert answers.samples["conversion"].sources["pod=c"].canary is None


@pytest.mark.parametrize("value", [nan, inf, -1.0])
def test_what_cannot_be_a_count_is_said(value: float) -> None:
    answers = read(CONVERSION, answer("baseline-whole", value, pod="b"))
    assert "a Counter counts from 0" in answers.complaints["conversion"]
    assert not answers.samples


def test_a_baseline_without_a_series_is_said_with_the_query() -> None:
    found = read(CONVERSION, answer("canary-whole", 5, pod="c")).complaints["conversion"]
    assert found == "Prometheus has nothing for the baseline: sum by(pod)(visits{w='check.out'})"
    assert "avg(rate(bad{s='checkout'" in read(BUDGET).complaints["budget"]


def test_a_scalar_is_one_number_for_each_arm() -> None:
    numbers = read(BUDGET, answer("canary", 0.5), answer("baseline", 0.99)).numbers["budget"]
    assert (numbers.at, numbers.canary, numbers.baseline) == (moment(NOW), 0.5, 0.99)
    crowd = read(BUDGET, answer("baseline", 1, pod="a"), answer("baseline", 1, pod="b"))
    assert "gives 2 series for the baseline, and a Scalar is one number" in crowd.complaints["budget"]


def test_a_gauge_is_one_number_for_each_pod() -> None:
    """What is none, such as 0/0 of a pod that served nobody, is no pod's number."""
    rows = (
        answer("canary", 7, pod="c"),
        answer("canary", nan, pod="d"),
        answer("baseline", 3, pod="a"),
        answer("baseline", 4, pod="b"),
    )
    pods = read(QUEUE, *rows).pods["queue"]
    assert (pods.at, pods.canary, pods.baseline) == (moment(NOW), {"c": 7.0}, {"a": 3.0, "b": 4.0})


def test_several_numbers_of_one_pod_are_said_with_the_cure() -> None:
    crowd = read(QUEUE, answer("baseline", 1, pod="a", queue="x"), answer("baseline", 1, pod="a", queue="y"))
    assert crowd.complaints["queue"].endswith("a Gauge is one number for each pod: sum by (pod)")
    assert not crowd.pods


def test_a_gauge_without_a_baseline_is_said_with_the_query() -> None:
    assert (
        "nothing for the baseline: sum by(pod)(queue" in read(QUEUE, answer("canary", 1, pod="c")).complaints["queue"]
    )


def test_not_a_number_is_none() -> None:
    numbers = read(BUDGET, answer("canary", nan), answer("baseline", 0.99)).numbers["budget"]
    assert numbers.canary is None


def test_a_complaint_ends_with_a_good_answer() -> None:
    answers = read(BUDGET)
    read_into(answers, asked(BUDGET), [answer("baseline", 0.99)], SECOND)
    assert answers.complaints == {}


@pytest.mark.parametrize(
    "row",
    [
        5,
        {},
        {"metric": {}},
        {"metric": {PART: "canary"}, "value": [0, "x"]},
        {"metric": {PART: "canary"}, "value": [1e300, "1"]},
    ],
)
def test_anything_else_is_no_answer(row: Any) -> None:
    with pytest.raises(Unavailable):
        read(BUDGET, row)


def history(part: str, *values: float) -> dict[str, Any]:
    return {"metric": {PART: part}, "values": [[NOW + 10 * place, str(value)] for place, value in enumerate(values)]}


def test_company_is_measured_from_the_baselines_own_past() -> None:
    """Orders in groups of twenty, now and then, scatter far wider than single ones."""
    steps = range(60)
    whole = history("baseline-whole", *(1000.0 * step for step in steps))
    steady = history("baseline", *(10.0 * step for step in steps))
    grouped = history("baseline", *(20.0 * (step // 2) for step in steps))
    assert company([whole, steady]) == 1
    assert company([whole, grouped]) == 10
    assert company([]) == 1


def test_a_new_run_measures_it_once_and_a_sample_carries_it() -> None:
    queries, answers = asked(CONVERSION), OwnAnswers(phis={"conversion": 3.0})
    assert queries.before().endswith("[30m:10s]")
    assert "canary-" not in queries.before()
    read_into(answers, queries, [answer("baseline-whole", 900, pod="b")], SECOND)
    assert answers.samples["conversion"].phi == 3.0


@pytest.mark.parametrize("row", [5, {}, {"metric": {PART: "baseline"}, "values": [5]}])
def test_another_answer_is_no_history(row: Any) -> None:
    with pytest.raises(Unavailable):
        company([row])
