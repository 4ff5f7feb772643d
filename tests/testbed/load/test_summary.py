import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.load.record import Record
from testbed.load.summary import quantiles, summarise


@pytest.fixture
def record() -> Record:
    record = Record(sent=6)
    record.answered("v1", 200, 100.25, 10)
    record.answered("v1", 200, 100.5, 20)
    record.answered("v2", 500, 101.0, 30)
    record.answered("v2", 200, 102.0, 40)
    record.answered("v2", 503, 102.5, 50)
    record.failed("timeout", 103.0)
    return record


def test_each_version_has_its_own_story(record: Record) -> None:
    """Shares, first and last answers, first and last failures."""
    versions = summarise(record)["versions"]
    assert (versions["v1"]["share"], versions["v2"]["share"]) == (0.4, 0.6)
    assert versions["v1"]["first_failure"] is None
    v2 = versions["v2"]
    assert (v2["first"], v2["last"], v2["first_failure"], v2["last_failure"]) == (101.0, 102.5, 101.0, 102.5)
    assert v2["statuses"] == {"200": 1, "500": 1, "503": 1}
    assert v2["failed"] == 2


def test_what_got_no_answer_is_an_error(record: Record) -> None:
    """Answers and errors together are what was sent."""
    summary = summarise(record)
    assert (summary["sent"], summary["answered"], summary["failed"]) == (6, 5, 2)
    assert (summary["errors"], summary["first_error"]) == ({"timeout": 1}, 103.0)


def test_the_timeline_counts_by_second(record: Record) -> None:
    """It is there on request only."""
    assert "timeline" not in summarise(record)
    assert summarise(record, timeline=True)["timeline"] == [
        {"second": 100, "versions": {"v1": {"200": 2}}},
        {"second": 101, "versions": {"v2": {"500": 1}}},
        {"second": 102, "versions": {"v2": {"200": 1, "503": 1}}},
    ]


def test_users_who_met_two_versions_are_unsteady() -> None:
    """Stickiness can be read off."""
    record = Record()
    for user, version in ((1, "v1"), (1, "v1"), (2, "v1"), (2, "v2"), (3, "v2")):
        record.answered(version, 200, 1.0, 1.0)
        record.served(user, version, f"pod-{version}")
    summary = summarise(record)
    assert summary["users"] == {"seen": 3, "by_version": {"v1": 2, "v2": 2}, "unsteady": 1}
    assert summary["pods"] == {"pod-v1": 3, "pod-v2": 2}


def test_nothing_sent_is_a_summary_too() -> None:
    """An empty record divides by nothing."""
    assert summarise(Record())["latency_ms"] == {}


@given(values=st.lists(st.floats(0, 1e6), min_size=1))
def test_quantiles_rise_and_end_at_the_largest(values: list[float]) -> None:
    """p50 ≤ p90 ≤ p95 ≤ p99 ≤ max, each one of the values."""
    found = list(quantiles(values).values())
    assert found == sorted(found)
    assert found[-1] == round(max(values), 2)
    assert set(found) <= {round(value, 2) for value in values}
