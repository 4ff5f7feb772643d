"""What the baseline did in the half hour before it was measured, in steps of ten seconds: pure parsing."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from canary_operator.api.evidence import Counts
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.queries import BAD, CLASS, Service
from canary_operator.providers.metrics.tables import Row

Arm = tuple[Service, str]
"""A Service, as one kind of reporter counts its requests."""
_Series = dict[float, float]
"""Cumulative requests by time."""


def history(rows: Iterable[Row]) -> Mapping[Arm, list[Counts]]:
    """The steps of each arm, oldest first; `Unavailable` for anything that is not an answer to `queries.history`.

    A step in which a count fell, because a process began anew or went away, is left out.
    """
    every: dict[Arm, _Series] = {}
    bad: dict[Arm, _Series] = {}
    try:
        for row in rows:
            labels = row["metric"]
            names = (labels.get(name, "") for name in ("destination_service_namespace", "destination_service_name"))
            series = {float(at): float(value) for at, value in row["values"]}
            (bad if labels[CLASS] == BAD else every)[Service(*names), labels["reporter"]] = series
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a history") from error
    return {arm: list(_steps(series, bad.get(arm, {}))) for arm, series in every.items()}


def _steps(every: _Series, bad: _Series) -> Iterator[Counts]:
    """No series of bad requests beside one of all requests means that there were none."""
    for before, after in pairwise(sorted(every)):
        requests, errors = every[after] - every[before], bad.get(after, 0.0) - bad.get(before, 0.0)
        if 0 <= errors <= requests:
            yield Counts(requests=requests, bad=errors)
