import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.evidence.sample import Counter
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.tables import LONGEST_NAME, Source, Table, source_name, tabulate
from tests.providers.metrics.answers import CANARY, GATEWAY, NOW, STABLE, counted, moment, row, scraped

GW = Source("source", "istio-system/gw-1")


def test_one_answer_is_sorted_by_service_and_source() -> None:
    """Each arm has its own counts per source, each source the time of its scrape, in the server's own time."""
    table = tabulate([*counted(STABLE, 90, 3), *counted(CANARY, 10), scraped(NOW - 0.25)])
    assert table.evaluated == moment(NOW)
    assert table.scraped == {GW: moment(NOW - 0.25)}
    assert table.counts[STABLE][GW].counter == Counter(90, 3)
    assert table.counts[CANARY][GW].counter == Counter(10, 0)
    assert table.unusable == {}


def test_an_answer_as_prometheus_writes_it_is_read() -> None:
    """Values are strings, times are numbers, and empty labels are left out."""
    text = """[{"metric":{"class":"all","destination_service_name":"checkout","destination_service_namespace":"shop",
      "instance":"127.0.0.1:9901","job":"gateway","reporter":"source"},"value":[1700000000.123,"1.5e+06"]}]"""
    table = tabulate(json.loads(text))
    assert table.counts[STABLE][Source("source", "127.0.0.1:9901")].counter == Counter(1_500_000, 0)


def test_callers_and_waypoints_stay_apart() -> None:
    """A request that passes both is counted by both."""
    table = tabulate([*counted(STABLE, 5), *counted(STABLE, 7, reporter="waypoint")])
    assert table.counts[STABLE][GW].counter == Counter(5, 0)
    assert table.counts[STABLE][Source("waypoint", GW.name)].counter == Counter(7, 0)


@pytest.mark.parametrize("label", ["prometheus_replica", "replica", "job", "instance"])
def test_copies_of_one_source_are_refused(label: str) -> None:
    """Two copies of a source's series would count each request twice; the message names what tells them apart."""
    table = tabulate([*counted(STABLE, 5, **{label: "a"}), *counted(STABLE, 5, **{label: "b"}), *counted(CANARY, 1)])
    assert table.unusable[STABLE].reason.startswith("DuplicateSeries: requests to shop/checkout")
    assert f"differ in {label};" in table.unusable[STABLE].reason
    assert CANARY not in table.unusable


def test_one_replica_alone_is_no_copy() -> None:
    """A Prometheus that marks all of its series with its own name is as good as any."""
    table = tabulate([*counted(STABLE, 5, 1, prometheus_replica="a"), scraped(prometheus_replica="a")])
    assert table.unusable == {}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1"])
@pytest.mark.parametrize("part", ["all", "bad"])
def test_a_number_that_counts_nothing_blinds_its_service_only(value: str, part: str) -> None:
    """A comparison with NaN is false, so that harm would pass unseen: it is refused instead."""
    table = tabulate([row("all", 5, CANARY), row("all", 5, STABLE), row(part, value, STABLE)])
    assert "as the number of requests to shop/checkout" in table.unusable[STABLE].reason
    assert CANARY not in table.unusable


@pytest.mark.parametrize(
    "broken",
    [
        {"metric": {}},
        {"metric": {"class": "all"}, "value": [NOW, "1"]},
        {"metric": GATEWAY, "values": [[NOW, "1"]]},
        {"metric": {"class": "all", "reporter": "source"}, "value": [NOW, "one"]},
        {"metric": {"class": "all", "reporter": "source"}, "value": []},
        {"metric": None, "value": [NOW, "1"]},
        {"metric": {"class": "scraped", "reporter": "source"}, "value": [NOW, "NaN"]},
        "metric",
        None,
    ],
)
def test_what_is_no_answer_to_the_question_is_refused(broken: Any) -> None:
    """A foreign server, or one that changed its mind about the format, is not believed in part."""
    with pytest.raises(Unavailable, match="not what was asked for"):
        tabulate([*counted(STABLE, 1), broken])


def test_an_empty_answer_tells_nothing() -> None:
    """No series is an answer too."""
    assert tabulate([]) == Table()


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (GATEWAY, "istio-system/gw-1"),
        ({**GATEWAY, "cluster": "eu"}, "eu/istio-system/gw-1"),
        ({"pod": "gw-1"}, "gw-1"),
        ({"namespace": "x", "instance": "10.0.0.1:15090"}, "10.0.0.1:15090"),
        ({}, "all"),
        ({"pod": "p" * 300}, "p" * LONGEST_NAME),
    ],
)
def test_a_source_is_named_by_its_pod_if_it_has_one(labels: dict[str, str], name: str) -> None:
    """The address stands in where the scrape knows no pods."""
    assert source_name(labels) == name


numbers = st.one_of(st.floats().map(str), st.sampled_from(["NaN", "+Inf", "1e308", "x", ""]), st.integers(0).map(str))
metrics = st.dictionaries(
    st.sampled_from(["class", "reporter", "pod", "job", "destination_service_name", "destination_service_namespace"]),
    st.sampled_from(["all", "bad", "scraped", "source", "waypoint", "a", ""]),
)
rows = st.lists(st.fixed_dictionaries({"metric": metrics, "value": st.tuples(st.floats(0, 4e9), numbers)}), max_size=6)


@given(rows)
def test_no_answer_gives_a_number_that_counts_nothing(answer: list[dict[str, Any]]) -> None:
    """Whatever series there are: they are refused, or every count of a usable Service is finite and not negative."""
    try:
        table = tabulate(answer)
    except Unavailable:
        return
    for service, counts in table.counts.items():
        for count in counts.values():
            good = all(math.isfinite(value) and value >= 0 for value in (count.total or 0.0, count.bad))
            assert good or service in table.unusable
