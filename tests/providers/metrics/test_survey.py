from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.counting import ByCallers
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Survey
from canary_operator.providers.metrics.subject import Subject, subject
from canary_operator.providers.metrics.survey import conduct, interval
from canary_operator.providers.metrics.tables import tabulate
from tests.providers.metrics.answers import CANARY, GATEWAY, HERE, NOW, STABLE, counted, passing, scraped


def raw(*times: float) -> dict[str, Any]:
    return {"metric": {}, "values": [[at, "1"] for at in times]}


def lasting(milliseconds: str, service: Service = STABLE, reporter: str = "source") -> dict[str, Any]:
    labels = {"destination_service_namespace": service.namespace, "destination_service_name": service.name}
    return {"metric": {**labels, "reporter": reporter}, "value": [NOW, milliseconds]}


class Answers:
    """Answers by the kind of question, and remembers them."""

    def __init__(self, durations: Sequence[Any] = (), samples: Sequence[Any] = (), history: Sequence[Any] = ()) -> None:
        self.durations, self.samples, self.history = durations, samples, history
        self.asked: list[str] = []

    def __call__(self, query: str) -> Sequence[Any]:
        self.asked.append(query)
        if query.startswith("histogram_quantile"):
            return self.durations
        return self.history if "[30m:10s]" in query else self.samples


def test_the_busiest_source_of_the_baseline_is_measured() -> None:
    """Its series are the oldest; the canary's may have been born a second ago."""
    rows = [*counted(STABLE, 5, pod="gw-2"), *counted(STABLE, 50), *counted(CANARY, 900, pod="gw-3"), scraped()]
    found = subject(STABLE, tabulate(rows))
    assert found is not None
    assert found.source == HERE.source
    assert dict(found.identity) == GATEWAY


def test_waypoints_are_believed_only_where_nobody_else_counts() -> None:
    """Gateways and sidecars see requests that never arrive."""
    waypoint = counted(STABLE, 900, reporter="waypoint", pod="w")
    alone, beside = subject(STABLE, tabulate(waypoint)), subject(STABLE, tabulate([*waypoint, *counted(STABLE, 1)]))
    assert alone is not None
    assert beside is not None
    assert (alone.source.reporter, beside.source.reporter) == ("waypoint", "source")
    assert subject(STABLE, tabulate(counted(CANARY, 1))) is None


@given(st.integers(1, 60), st.integers(3, 9), st.lists(st.floats(-0.02, 0.02), min_size=9, max_size=9))
def test_the_interval_is_measured_through_jitter(seconds: int, samples: int, jitter: list[float]) -> None:
    """Scrapes are a little early or late; the interval is what was configured."""
    times = [NOW + number * seconds + jitter[number] for number in range(samples)]
    measured = interval([raw(NOW), raw(*times)])
    assert measured is not None
    assert abs(measured.total_seconds() - seconds) <= 0.1


def test_one_missed_scrape_does_not_change_the_interval() -> None:
    """The median does not see it."""
    assert interval([raw(0, 15, 30, 60, 75, 90)]) == timedelta(seconds=15)


@pytest.mark.parametrize("rows", [[], [raw()], [raw(1, 2)]])
def test_too_few_samples_measure_nothing(rows: list[Any]) -> None:
    """Two samples may have a missed scrape between them."""
    assert interval(rows) is None


def test_a_weight_settles_when_the_requests_of_the_old_one_have_ended() -> None:
    """Nothing that began before a change of weight may be counted after it."""
    ask = Answers([lasting("2500"), lasting("9999", CANARY), lasting("9999", reporter="waypoint")], [raw(0, 1, 2, 3)])
    assert conduct(ask, [HERE], ByCallers({}), None) == {
        HERE: Survey(HERE.source, timedelta(seconds=1), timedelta(seconds=2.5)),
    }


@pytest.mark.parametrize("durations", [[], [lasting("NaN")], [lasting("+Inf")]])
def test_without_a_known_duration_one_scrape_is_waited(durations: list[Any]) -> None:
    """Not a number, infinite or absent: one scrape."""
    survey = conduct(Answers(durations), [HERE], ByCallers({}), timedelta(seconds=15))[HERE]
    assert survey == Survey(HERE.source, timedelta(seconds=15), timedelta(seconds=15))


def test_quick_requests_settle_as_soon_as_the_proxies_know_the_weight() -> None:
    """Every source dates its own counts, so that no scrape is waited for."""
    survey = conduct(Answers([lasting("3")]), [HERE], ByCallers({}), timedelta(seconds=15))[HERE]
    assert survey == Survey(HERE.source, timedelta(seconds=15), timedelta(seconds=0.3))


def test_errors_that_came_in_groups_before_count_for_less() -> None:
    """Ten at once each minute and a half, of a hundred requests in ten seconds; nothing else fails."""
    bursts = [at // 9 * 10.0 for at in range(181)]
    before = [passing("all", [100.0 * at for at in range(181)]), passing("bad", bursts)]
    other = [passing("all", [100.0 * at for at in range(181)], CANARY), passing("bad", [0.0] * 181, CANARY)]
    survey = conduct(Answers([lasting("3")], (), [*before, *other]), [HERE], ByCallers({}), timedelta(seconds=1))[HERE]
    assert isinstance(survey, Survey)
    assert survey.phi == pytest.approx(10)


def test_a_source_shared_by_many_rollouts_is_measured_once() -> None:
    """A thousand rollouts behind one gateway cost one question for it, and one each for durations, histories, pods."""
    ask = Answers([], [raw(0, 1, 2)])
    many = [Subject(Service("shop", f"s{number}"), HERE.source, HERE.identity) for number in range(50)]
    assert len(conduct(ask, many, ByCallers({"cluster": "eu"}), None)) == 50
    assert len(ask.asked) == 4
    assert 'pod="gw-1"' in ask.asked[3]
    assert all('cluster="eu"' in query for query in ask.asked)


def test_a_source_that_is_too_young_is_said() -> None:
    """The message names the source and the setting that spares the wait."""
    outcome = conduct(Answers([], [raw(1)]), [HERE], ByCallers({}), None)[HERE]
    assert isinstance(outcome, Unknown)
    assert "istio-system/gw-1" in outcome.reason
    assert "scrapeInterval" in outcome.reason


@pytest.mark.parametrize(("durations", "samples"), [([{}], []), ([], [{}]), ([lasting("x")], []), ([], [None])])
def test_a_foreign_answer_is_refused(durations: list[Any], samples: list[Any]) -> None:
    """Something that is not Prometheus measures nothing."""
    with pytest.raises(Unavailable):
        conduct(Answers(durations, samples), [HERE], ByCallers({}), None)


@pytest.mark.parametrize("history", [[{}], [None], [{"metric": {}, "values": [[1, "1"]]}]])
def test_a_foreign_history_is_refused(history: list[Any]) -> None:
    """Nobody is judged by errors whose company is not known."""
    with pytest.raises(Unavailable):
        conduct(Answers([], [raw(1, 2, 3)], history), [HERE], ByCallers({}), None)
