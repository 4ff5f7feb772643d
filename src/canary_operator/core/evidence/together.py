"""Several metrics, one verdict: their evidence is averaged, so that all of them share one chance of being wrong."""

from canary_operator.api.evidence import Evidence, Gauge, Tally
from canary_operator.api.model import value_type
from canary_operator.core.evidence.bounds import BOUND, weigh
from canary_operator.core.evidence.terms import Judged, Terms, Track


@value_type
class Seen:
    """One track, as far as it was counted."""

    track: Track
    tally: Tally
    e_value: float


@value_type
class Metric:
    """One metric, with what each of its tracks says."""

    judged: Judged
    tracks: tuple[Seen, ...]
    e_value: float
    gauge: Gauge | None = None
    """What its pods showed, where they are compared."""

    @property
    def loudest(self) -> Seen | None:
        """The track that speaks most of harm."""
        return max(self.tracks, key=lambda seen: seen.e_value, default=None)


@value_type
class Together:
    """The whole."""

    metrics: tuple[Metric, ...]
    e_value: float
    """Σ w E over the critical metrics, w their weights with the sum 1; 1 without any."""

    @property
    def broken(self) -> Metric | None:
        """A critical metric whose pods were found worse than allowed; by itself enough."""
        broken = (one for one in self.metrics if one.gauge is not None and one.gauge.broken and one.judged.critical)
        return next(broken, None)

    def needed(self, metric: Metric) -> float:
        """The evidence of this metric at which it rolls back by itself, when all others are silent."""
        total = sum(one.judged.weight for one in self.metrics if one.judged.critical and one.judged.has_evidence)
        return BOUND if not metric.judged.critical else BOUND * total / metric.judged.weight

    @property
    def loudest(self) -> Metric | None:
        """The critical metric that contributes most."""
        critical = (one for one in self.metrics if one.judged.critical and (one.tracks or one.gauge))
        return max(critical, key=lambda one: one.judged.weight * one.e_value, default=None)


def together(evidence: Evidence, terms: Terms) -> Together:
    """Under the null hypothesis the expectation of each E is at most 1, and so is that of any average of them.

    That holds however the metrics hang together, so Ville's inequality gives one alpha for the whole run. A metric
    averages over its tracks, a track over its bounds. Metrics that are one number per arm have no evidence.
    """
    tallies = {tally.key: tally for tally in evidence.more}
    gauges = {gauge.key: gauge for gauge in evidence.gauges}
    metrics = [
        _metric(one, evidence, tallies) if one.comparison is None else _of_pods(one, gauges.get(one.name), terms)
        for one in terms.metrics
    ]
    critical = [one for one in metrics if one.judged.critical and one.judged.has_evidence]
    weights = sum([one.judged.weight for one in critical])
    value = sum([one.judged.weight * one.e_value for one in critical]) / weights if critical else 1.0
    return Together(tuple(metrics), value)


def _of_pods(judged: Judged, gauge: Gauge | None, terms: Terms) -> Metric:
    """A comparison of pods is a bet of all or nothing at its part of alpha: 1/part where it is won, else nothing."""
    won = gauge is not None and gauge.broken
    return Metric(judged, (), 1 / terms.part_of_alpha(judged) if won else 0.0, gauge or Gauge(key=judged.name))


def _metric(judged: Judged, evidence: Evidence, tallies: dict[str, Tally]) -> Metric:
    seen = []
    for track in judged.tracks:
        tally = tallies.get(track.key, Tally()) if track.key else evidence
        seen.append(Seen(track, tally, weigh(tally, track.bounds)))
    values = [one.e_value for one in seen]
    return Metric(judged, tuple(seen), sum(values) / len(values) if values else 1.0)
