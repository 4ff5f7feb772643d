"""What is measured once, when a rollout is first watched.

How often its callers are scraped, how long requests take, and how much company errors keep.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from canary_operator.api.evidence import Counts
from canary_operator.api.reasons import METRICS_UNAVAILABLE
from canary_operator.api.status import Boundary
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.latency import NO_DURATIONS
from canary_operator.core.metric_terms import boundaries_of
from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics import duration_queries
from canary_operator.providers.metrics.counting import Counting
from canary_operator.providers.metrics.durations import histories, spreads
from canary_operator.providers.metrics.queries import Service, arm_in
from canary_operator.providers.metrics.readings import Survey
from canary_operator.providers.metrics.scatter import Scatter, scatter_of
from canary_operator.providers.metrics.subject import Subject
from canary_operator.providers.metrics.tables import Row, Source

FEWEST_SAMPLES = 3
PROPAGATION = timedelta(seconds=0.3)
"""What istiod takes to gather changes and push a route to the proxies, when it is not overrun."""
Boundaries = tuple[Boundary, ...]
Ask = Callable[[str], Sequence[Row]]
"""Answers one PromQL query at the server's present time; blocks; `Unavailable` when it can't."""


def conduct(
    ask: Ask, subjects: Iterable[Subject], counting: Counting, scrape: timedelta | None
) -> dict[Subject, Survey | Unknown]:
    """Blocks. A query for all durations, one for all histories, and one for each distinct source without `scrape`.

    One for how much pods differ. Where latencies are judged, two more: what requests took, and how the slow ones came.
    """
    wanted = list(subjects)
    durations = counting.durations(wanted)
    slowest = _durations(ask(durations)) if durations else {}
    scatter = scatter_of(ask, wanted, counting)
    latencies = _latencies(ask, [one for one in wanted if one.judges_latency], counting)
    every: dict[Source, timedelta | None] = {}
    found: dict[Subject, Survey | Unknown] = {}
    for one in wanted:
        if one.source not in every:
            every[one.source] = scrape or interval(ask(counting.samples(one)))
        scrape_here, slow_here = every[one.source], slowest.get(one.arm)
        found[one] = _survey(one, scrape_here, slow_here, scatter(one.arm), latencies.get(one, ()))
    return found


def _latencies(ask: Ask, subjects: Sequence[Subject], counting: Counting) -> Mapping[Subject, Boundaries]:
    """Where each one's latencies can be judged."""
    if not subjects:
        return {}
    services, labels, counted = {one.service for one in subjects}, counting.labels, counting.counted
    took = spreads(ask(duration_queries.spread(services, labels, counted)))
    found = {one: boundaries_of(one.metrics, took.get(one.arm, NO_DURATIONS)) for one in subjects}
    chosen = {boundary.le for boundaries in found.values() for boundary in boundaries}
    before = histories(ask(duration_queries.slow_history(services, labels, chosen, counted))) if chosen else {}
    return {one: tuple(_scattered(each, before.get((one.arm, each.le), ())) for each in found[one]) for one in found}


def _scattered(boundary: Boundary, steps: Sequence[Counts]) -> Boundary:
    return boundary.model_copy(update={"phi": dispersion(steps)})


def interval(rows: Iterable[Row]) -> timedelta | None:
    """The median time between the raw samples of the best-known series, to the tenth of a second; None when too few."""
    try:
        times = max(([float(at) for at, _ in row["values"]] for row in rows), key=len, default=[])
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with raw samples") from error
    if len(times) < FEWEST_SAMPLES:
        return None
    seconds = statistics.median(after - before for before, after in pairwise(times))
    return timedelta(seconds=max(0.1, round(seconds, 1)))


def _durations(rows: Iterable[Row]) -> dict[tuple[Service, str], timedelta]:
    """Not a number means that there were no requests; infinite, that no bucket holds them."""
    found = {}
    try:
        for row in rows:
            labels, seconds = row["metric"], float(row["value"][1]) / 1000
            if math.isfinite(seconds):
                found[arm_in(labels), labels["reporter"]] = timedelta(seconds=seconds)
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise Unavailable("Prometheus did not answer with durations") from error
    return found


def _survey(
    one: Subject, scrape: timedelta | None, slowest: timedelta | None, scatter: Scatter, boundaries: Boundaries
) -> Survey | Unknown:
    """A weight settles when the requests of the old one have ended; where nobody knows, one scrape is waited."""
    if scrape is not None:
        settle = max(PROPAGATION, scrape if slowest is None else slowest)
        return Survey(one.source, scrape, settle, scatter.phi, boundaries, scatter.pods)
    return Unknown(
        f"fewer than {FEWEST_SAMPLES} samples of {one.source.name} in five minutes: the scrape interval can't be"
        " measured yet (scrapeInterval of the provider sets it)",
        METRICS_UNAVAILABLE,
    )
