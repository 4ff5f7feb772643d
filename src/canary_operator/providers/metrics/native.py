"""Native histograms in an answer, told as classic ones: how many were at most so long, one row for each boundary.

The server leaves out empty buckets, so a boundary is there when a bucket with something in it begins or ends at it.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any

from canary_operator.providers.metrics.tables import Row


def expanded(rows: Iterable[Row]) -> Iterator[Row]:
    """Other rows come as they are; what is no answer raises `LookupError`, `TypeError` or `ValueError`."""
    for row in rows:
        if "histogram" in row:
            at, histogram = row["histogram"]
            for le, count in _at_most(histogram).items():
                yield {"metric": {**row["metric"], "le": le}, "value": [at, count]}
        elif "histograms" in row:
            yield from _series(row)
        else:
            yield row


def _series(row: Row) -> Iterator[Row]:
    """Of a range: a boundary may come and go with what lies beside it."""
    values: dict[str, list[list[Any]]] = {}
    for at, histogram in row["histograms"]:
        for le, count in _at_most(histogram).items():
            values.setdefault(le, []).append([at, count])
    for le, found in values.items():
        yield {"metric": {**row["metric"], "le": le}, "values": found}


def _at_most(histogram: Mapping[str, Any]) -> dict[str, str]:
    """By boundary in the order of the buckets; no request takes less than nothing."""
    found: dict[str, float] = {}
    total = 0.0
    for _, left, right, count in histogram.get("buckets", ()):
        found[str(left)] = total
        total += float(count)
        found[str(right)] = total
    return {le: str(count) for le, count in found.items() if 0 < float(le) < inf} | {"+Inf": str(total)}
