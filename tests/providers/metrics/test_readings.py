from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.reasons import METRICS_MISSING, METRICS_STALE, METRICS_UNAVAILABLE, READING
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.world import Reading, Unknown
from canary_operator.providers.metrics.readings import read
from canary_operator.providers.metrics.tables import Source, tabulate
from tests.providers.metrics.answers import ARMS, CANARY, NOW, STABLE, SURVEY, counted, moment, scraped

MEASURING = Unknown("measuring", READING)


def test_a_reading_holds_both_arms_of_each_source_at_its_own_scrape() -> None:
    """Sources are never mixed: each has its own time, and an arm without series is none."""
    other = {"pod": "gw-2"}
    rows = [*counted(STABLE, 90, 3), *counted(CANARY, 10), scraped(NOW - 1), *counted(STABLE, 7, **other)]
    reading = read(ARMS, SURVEY, tabulate([*rows, scraped(NOW - 2, **other)]))
    assert reading == Reading(
        Sample(
            {
                "istio-system/gw-1": SourceSample(moment(NOW - 1), Counter(10, 0), Counter(90, 3)),
                "istio-system/gw-2": SourceSample(moment(NOW - 2), None, Counter(7, 0)),
            }
        ),
        timedelta(seconds=1),
        timedelta(seconds=2),
    )


def test_a_source_that_serves_neither_arm_is_no_source() -> None:
    """Others may watch other Services of the same gateway in the same answer."""
    reading = read(ARMS, SURVEY, tabulate([scraped()]))
    assert reading == Reading(Sample({}), SURVEY.scrape, SURVEY.settle)


def test_only_the_kind_of_reporter_that_was_chosen_is_believed() -> None:
    """A request that passes a gateway and a waypoint counts once."""
    rows = [*counted(STABLE, 5), scraped(), *counted(STABLE, 4, reporter="waypoint"), scraped(reporter="waypoint")]
    by_waypoints = replace(SURVEY, source=Source("waypoint", "w"))
    for survey, total in ((SURVEY, 5), (by_waypoints, 4)):
        reading = read(ARMS, survey, tabulate(rows))
        assert isinstance(reading, Reading)
        assert [source.baseline for source in reading.sample.sources.values()] == [Counter(total, 0)]


@pytest.mark.parametrize(("age", "stale"), [(0, False), (3, False), (3.1, True), (200, True), (-5, False)])
def test_a_sample_older_than_three_scrapes_is_stale(age: float, stale: bool) -> None:
    """Age is measured by the server's clock alone, so that ours may be wrong."""
    reading = read(ARMS, SURVEY, tabulate([*counted(STABLE, 1), scraped(NOW - age)]))
    assert isinstance(reading, Unknown) is stale
    if isinstance(reading, Unknown):
        assert reading.code == METRICS_STALE
        assert f"is {age:.0f} s old, although one should come every 1 s" in reading.reason


def test_the_newest_source_decides_whether_a_sample_is_stale() -> None:
    """One gateway that is gone for good does not blind the others."""
    old = {"pod": "gw-2"}
    rows = [*counted(STABLE, 1), scraped(), *counted(STABLE, 1, **old), scraped(NOW - 60, **old)]
    assert isinstance(read(ARMS, SURVEY, tabulate(rows)), Reading)


def test_a_baseline_that_was_never_counted_is_missing() -> None:
    """Nothing was measured, so there is no scrape interval that an empty sample could carry."""
    unknown = read(ARMS, MEASURING, tabulate([*counted(CANARY, 3), scraped()]))
    assert isinstance(unknown, Unknown)
    assert unknown.code == METRICS_MISSING
    assert "the Service shop/checkout " in unknown.reason


def test_until_it_is_measured_the_reason_of_the_measuring_is_given() -> None:
    """Why there is no survey matters more than that there is none."""
    assert read(ARMS, MEASURING, tabulate([*counted(STABLE, 3), scraped()])) == MEASURING


@pytest.mark.parametrize("arm", [STABLE, CANARY])
def test_either_arm_that_is_unusable_blinds_the_rollout(arm: object) -> None:
    """Half a comparison is none."""
    rows = [*counted(STABLE, 1), *counted(CANARY, 1), scraped()]
    broken = tabulate([*rows, *counted(STABLE if arm == STABLE else CANARY, 1, job="twice")])
    unknown = read(ARMS, SURVEY, broken)
    assert isinstance(unknown, Unknown)
    assert unknown.code == METRICS_UNAVAILABLE


@given(total=st.none() | st.integers(0, 9), bad=st.none() | st.integers(0, 9))
def test_more_bad_requests_than_requests_are_never_told(total: int | None, bad: int | None) -> None:
    """A contradiction is no evidence."""
    rows = [one for one in counted(CANARY, total or 0, bad) if total is not None or one["metric"]["class"] == "bad"]
    reading = read(ARMS, SURVEY, tabulate([*counted(STABLE, 1), *rows, scraped()]))
    if isinstance(reading, Reading):
        for source in reading.sample.sources.values():
            assert source.canary is None or source.canary.bad <= source.canary.total
    else:
        assert (total or 0) < (bad or 0) or (total is None and bad is not None)
