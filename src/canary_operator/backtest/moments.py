"""A range, as the answers that would have been given at each of its steps."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.tables import Row


def moments(rows: Iterable[Row]) -> Iterator[tuple[datetime, list[Row]]]:
    """In order of time; `Unavailable` for anything that is not an answer to a range query."""
    found: dict[float, list[Mapping[str, Any]]] = {}
    try:
        for row in rows:
            for at, value in row["values"]:
                found.setdefault(float(at), []).append({"metric": row["metric"], "value": [at, value]})
        dated = [(datetime.fromtimestamp(at, UTC), found[at]) for at in sorted(found)]
    except (LookupError, OSError, OverflowError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a range") from error
    return iter(dated)
