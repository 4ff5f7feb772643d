"""What the baseline did in the half hour before it was measured, in steps of ten seconds: pure parsing."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from canary_operator.api.evidence import MOST_PODS, Counts
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.queries import ALL, BAD, CLASS, Service, arm_in
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
            series = {float(at): float(value) for at, value in row["values"]}
            (bad if labels[CLASS] == BAD else every)[arm_in(labels), labels["reporter"]] = series
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a history") from error
    return {arm: list(_steps(series, bad.get(arm, {}))) for arm, series in every.items()}


def by_pod(rows: Iterable[Row]) -> Mapping[Service, Mapping[str, list[Counts]]]:
    """The minutes of each pod, the same ones for all pods of a Service, from an answer to `queries.pods_history`.

    A row without the label `pod` tells nothing of one. Of more than MOST_PODS the first by name are kept: their
    endings are random.
    """
    series: dict[tuple[Service, str], dict[str, _Series]] = {}
    try:
        for row in rows:
            labels = row["metric"]
            service = arm_in(labels)
            values = {float(at): float(value) for at, value in row["values"]}
            kind = labels[CLASS]
            if pod := labels.get("pod"):
                series.setdefault((service, pod), {})[kind] = values
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a history of pods") from error
    found: dict[Service, dict[str, list[Counts]]] = {}
    for service in {service for service, _ in series}:
        pods = {pod: by_class for (of, pod), by_class in sorted(series.items()) if of == service}
        found[service] = _aligned(dict(list(pods.items())[:MOST_PODS]))
    return found


def _aligned(pods: Mapping[str, Mapping[str, _Series]]) -> dict[str, list[Counts]]:
    times = sorted({at for by_class in pods.values() for at in by_class.get(ALL, {})})
    return {
        pod: [_between(by_class.get(ALL, {}), by_class.get(BAD, {}), *span) for span in pairwise(times)]
        for pod, by_class in pods.items()
    }


def _between(every: _Series, bad: _Series, before: float, after: float) -> Counts:
    """Nothing where the pod was not there, or began anew."""
    if before not in every or after not in every:
        return Counts()
    requests, errors = every[after] - every[before], bad.get(after, 0.0) - bad.get(before, 0.0)
    return Counts(requests=requests, bad=errors) if 0 <= errors <= requests else Counts()


def _steps(every: _Series, bad: _Series) -> Iterator[Counts]:
    """No series of bad requests beside one of all requests means that there were none."""
    for before, after in pairwise(sorted(every)):
        requests, errors = every[after] - every[before], bad.get(after, 0.0) - bad.get(before, 0.0)
        if 0 <= errors <= requests:
            yield Counts(requests=requests, bad=errors)
