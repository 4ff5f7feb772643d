"""Requests that pods count by themselves."""

from datetime import timedelta
from typing import Any

import pytest

from canary_operator.api.metric import RequestCounter
from canary_operator.api.reasons import METRICS_MISSING
from canary_operator.core.evidence.sample import Counter
from canary_operator.core.world import Reading, Unknown
from canary_operator.providers.metrics.applications import (
    REPORTER,
    Application,
    asked_of,
    counters,
    history,
    pods_history,
    samples,
    some_series,
)
from canary_operator.providers.metrics.counting import ByApplications
from canary_operator.providers.metrics.hints import labels_hint
from canary_operator.providers.metrics.queries import SCRAPED
from canary_operator.providers.metrics.readings import Arms, Survey, read
from canary_operator.providers.metrics.subject import Subject, subject
from canary_operator.providers.metrics.survey import conduct
from canary_operator.providers.metrics.tables import Source, tabulate
from tests.providers.metrics.answers import CANARY, NOW, STABLE, moment

USUAL = RequestCounter()
UNUSUAL = RequestCounter(
    metric="hits_total", status_label="status", failed="error", pod_label="kubernetes_pod", namespace_label="ns"
)
PODS = ((STABLE, "checkout-x"), (CANARY, "checkout-canary-x"))
ARMS = Arms(STABLE, CANARY, Application(USUAL, PODS))
SECOND = timedelta(seconds=1)


def row(kind: str, value: float, pod: str, service: Any = STABLE) -> dict[str, Any]:
    labels = {"destination_service_namespace": service.namespace, "destination_service_name": service.name}
    return {"metric": {**labels, "class": kind, "reporter": REPORTER, "pod": pod}, "value": [NOW, str(value)]}


ANSWER = [
    row("all", 900, "checkout-1"),
    row("all", 100, "checkout-canary-1", CANARY),
    row("bad", 40, "checkout-canary-1", CANARY),
    row(SCRAPED, NOW - 1, "checkout-1"),
    row(SCRAPED, NOW - 2, "checkout-canary-1", CANARY),
]


def test_each_pod_is_a_source_and_dates_its_own_counts() -> None:
    reading = read(ARMS, Survey(Source(REPORTER, "checkout-1"), SECOND, SECOND), tabulate(ANSWER))
    assert isinstance(reading, Reading)
    canary, stable = reading.sample.sources["checkout-canary-1"], reading.sample.sources["checkout-1"]
    assert (canary.at, canary.canary, canary.baseline) == (moment(NOW - 2), Counter(100, 40), None)
    assert (stable.at, stable.canary, stable.baseline) == (moment(NOW - 1), None, Counter(900, 0))


def test_both_arms_are_asked_in_one_question() -> None:
    asked = counters([Application(USUAL, PODS)], {"cluster": "eu"})
    for pods in ("checkout-x", "checkout-canary-x"):
        every = f'http_requests_total{{cluster="eu",namespace="shop",pod=~"{pods}"'
        assert f"sum by(pod)({every}}})" in asked
        assert f'sum by(pod)({every},code=~"5.."}})' in asked
        assert f"max by(pod)(timestamp({every}}}))" in asked


def test_labels_may_be_called_otherwise() -> None:
    asked = counters([Application(UNUSUAL, PODS)], {})
    assert 'hits_total{ns="shop",kubernetes_pod=~"checkout-x",status=~"error"}' in asked
    assert '"pod","$1","kubernetes_pod","(.*)"' in asked, "everybody else finds the pod under its usual name"


def test_the_half_hour_before_is_asked_for_all_together_and_by_pod() -> None:
    one = [Application(USUAL, PODS)]
    assert history(one, {}).endswith("[30m:10s]")
    assert "sum by" not in history(one, {})
    assert pods_history(one, {}).endswith("[30m:1m]")
    assert "timestamp" not in pods_history(one, {})


def test_a_rollout_is_measured_by_its_busiest_pod() -> None:
    table = tabulate([*ANSWER, row("all", 5, "checkout-2")])
    where = subject(STABLE, table, (), ARMS.application)
    assert where == Subject(STABLE, Source(REPORTER, "checkout-1"), (("pod", "checkout-1"),), (), ARMS.application)
    assert ByApplications({}).samples(where) == (
        'http_requests_total{pod="checkout-1",namespace="shop",pod=~"checkout-x"}[5m]'
    )


def test_nobody_says_how_long_requests_take_so_one_scrape_is_waited() -> None:
    asked = []

    def ask(query: str) -> list[dict[str, Any]]:
        asked.append(query)
        return [{"metric": {}, "values": [[at, "1"] for at in (0, 5, 10)]}] if query.endswith("[5m]") else []

    where = Subject(STABLE, Source(REPORTER, "checkout-1"), (("pod", "checkout-1"),), (), ARMS.application)
    survey = conduct(ask, [where], ByApplications({}), None)[where]
    assert survey == Survey(where.source, 5 * SECOND, 5 * SECOND)
    assert not any("istio" in query for query in asked)


def test_without_a_series_the_message_says_what_was_asked_and_what_there_is() -> None:
    hint = labels_hint("http_requests_total", [{"metric": {"__name__": "http_requests_total", "pod_name": "a"}}])
    found = read(ARMS, Unknown("not measured"), tabulate([]), hint)
    assert isinstance(found, Unknown)
    assert found.code == METRICS_MISSING
    assert 'Asked was http_requests_total{namespace="shop",pod=~"checkout-x"}.' in found.reason
    assert found.reason.endswith('One of its series has pod_name="a".')


@pytest.mark.parametrize(("rows", "says"), [([], "no series of hits_total at all"), ([{}], "has no labels")])
def test_a_counter_that_is_not_there_is_said(rows: list[Any], says: str) -> None:
    assert says in labels_hint("hits_total", rows)


def test_what_a_person_is_shown_can_be_pasted() -> None:
    assert asked_of(Application(USUAL, PODS), STABLE) == 'http_requests_total{namespace="shop",pod=~"checkout-x"}'
    assert some_series(USUAL, {"cluster": "eu"}) == 'topk(1,http_requests_total{cluster="eu"})'
    assert samples(Application(USUAL, PODS), CANARY, "p", {}).endswith('pod=~"checkout-canary-x"}[5m]')
