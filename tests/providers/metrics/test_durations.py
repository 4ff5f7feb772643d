import pytest

from canary_operator.core.evidence.sample import Counter
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.durations import histories, samples, spreads, tabulate
from tests.providers.metrics.answers import ARMS, CANARY, NOW, STABLE, moment, row, scraped

ARM = (STABLE, "source")


def test_what_is_not_quick_and_good_is_slow() -> None:
    """Of 1000 requests 900 went well within 500 ms: 100 took longer or failed."""
    rows = [row("served", 1000, STABLE), row("quick", 900, STABLE, le="500"), row("served", 10, CANARY), scraped()]
    found = samples(ARMS, "source", ["500"], tabulate(rows))["500"].sources["istio-system/gw-1"]
    assert found.baseline == Counter(1000, 100)
    assert found.canary == Counter(10, 10), "no quick one at all"
    assert found.at == moment(NOW)


def test_a_proxy_without_codes_beside_durations_tells_failures_by_its_counts() -> None:
    """Or a canary that fails at once would look quick; a request is never slow twice."""
    rows = [row("served", 100, STABLE), row("uncoded", 100, STABLE), row("quick", 90, STABLE, le="500"), scraped()]
    for failed, slow in ((0, 10), (30, 40), (95, 100)):
        table = tabulate([*rows, row("bad", failed, STABLE)])
        assert samples(ARMS, "source", ["500"], table)["500"].sources["istio-system/gw-1"].baseline == Counter(
            100, slow
        )


def test_with_codes_the_failures_are_in_the_buckets_already() -> None:
    rows = [row("served", 100, STABLE), row("quick", 90, STABLE, le="500"), row("bad", 10, STABLE), scraped()]
    found = samples(ARMS, "source", ["500"], tabulate(rows))["500"].sources["istio-system/gw-1"]
    assert found.baseline == Counter(100, 10)


def test_an_arm_without_a_histogram_is_unknown() -> None:
    rows = [row("served", 100, STABLE), row("bad", 3, CANARY), scraped()]
    assert samples(ARMS, "source", ["500"], tabulate(rows))["500"].sources["istio-system/gw-1"].canary is None


def test_another_kind_of_reporter_is_not_mixed_in() -> None:
    rows = [row("served", 100, STABLE, reporter="waypoint"), scraped(reporter="waypoint")]
    assert samples(ARMS, "source", ["500"], tabulate(rows))["500"].sources == {}


def test_a_spread_knows_the_failed_ones_apart() -> None:
    """What went well within no boundary at all has failed."""
    rows = [
        row("served", 1000, STABLE),
        row("quick", 990, STABLE, le="+Inf"),
        row("quick", 900, STABLE, le="500.0"),
        row("quick", 700, STABLE, le="25"),
    ]
    found = spreads(rows)[ARM]
    assert (found.requests, found.failed) == (1000, 10)
    assert [(bucket.le, bucket.slow) for bucket in found.buckets] == [("25", 300), ("500.0", 100)]


def test_a_history_has_steps_and_none_backwards() -> None:
    served, quick = row("served", 0, STABLE), row("quick", 0, STABLE, le="500")
    served["values"] = [[NOW, "100"], [NOW + 10, "200"], [NOW + 20, "50"], [NOW + 30, "150"]]
    quick["values"] = [[NOW, "100"], [NOW + 10, "190"], [NOW + 20, "50"], [NOW + 30, "145"]]
    steps = histories([served, quick])[ARM, "500"]
    assert [(step.requests, step.bad) for step in steps] == [(100, 10), (100, 5)]


@pytest.mark.parametrize("read", [tabulate, spreads, histories])
@pytest.mark.parametrize("rows", [[{}], [{"metric": {}, "value": [0, "x"]}], [5], [{"metric": {"reporter": "source"}}]])
def test_anything_else_is_no_answer(read: object, rows: object) -> None:
    assert callable(read)
    with pytest.raises(Unavailable):
        read(rows)
