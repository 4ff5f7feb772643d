import pytest

from canary_operator.core.evidence.latency import Bucket
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.durations import spreads
from canary_operator.providers.metrics.native import expanded
from tests.providers.metrics.answers import NOW, STABLE, row

BUCKETS = [[1, "-0.001", "0.001", "1"], [0, "50", "100", "700"], [0, "250", "500", "90"], [0, "500", "+Inf", "9"]]
"""As the server writes it: from the second bucket to the third nothing took so long."""


def native(part: str, **labels: str) -> dict[str, object]:
    one = row(part, 0, STABLE, **labels)
    one.pop("value")
    return {**one, "histogram": [NOW, {"count": "800", "sum": "1", "buckets": BUCKETS}]}


def test_a_native_histogram_says_how_many_were_at_most_so_long() -> None:
    """Boundaries stand where a bucket with something in it begins or ends; nothing takes less than no time."""
    told = {one["metric"]["le"]: float(one["value"][1]) for one in expanded([native("quick")])}
    assert told == {"0.001": 1, "50": 1, "100": 701, "250": 701, "500": 791, "+Inf": 800}


def test_durations_are_read_from_it_as_from_classic_buckets() -> None:
    """Of 810 requests 10 failed, and are slow at each boundary."""
    found = spreads([row("served", 810, STABLE), native("quick")])[STABLE, "source"]
    assert (found.requests, found.failed) == (810, 10)
    assert found.buckets[2:4] == (Bucket("100", 109.0), Bucket("250", 109.0))


def test_in_a_range_a_boundary_may_come_later() -> None:
    one = native("quick")
    one.pop("histogram")
    first, second = [[0, "50", "100", "7"]], [[0, "50", "100", "8"], [0, "100", "250", "1"]]
    told = [(NOW, {"buckets": first}), (NOW + 1, {"buckets": second})]
    rows = {each["metric"]["le"]: each["values"] for each in expanded([{**one, "histograms": told}])}
    assert rows["100"] == [[NOW, "7.0"], [NOW + 1, "8.0"]]
    assert rows["250"] == [[NOW + 1, "9.0"]]


def test_other_rows_come_as_they_are() -> None:
    rows = [row("served", 810, STABLE)]
    assert list(expanded(rows)) == rows


@pytest.mark.parametrize(
    "histogram",
    [5, [NOW], [NOW, {"buckets": 3}], [NOW, {"buckets": [[0, "1"]]}], [NOW, {"buckets": [[0, "a", "b", 1]]}]],
)
def test_anything_else_is_no_answer(histogram: object) -> None:
    with pytest.raises(Unavailable):
        spreads([{**row("quick", 0, STABLE), "histogram": histogram}])
