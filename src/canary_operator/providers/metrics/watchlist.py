import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from canary_operator.api.reasons import METRICS_UNAVAILABLE, READING
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import NOTHING_BESIDE, Beside
from canary_operator.providers.metrics.own_answers import OwnAnswers
from canary_operator.providers.metrics.own_queries import OwnQueries
from canary_operator.providers.metrics.pace import SHORTEST_PERIOD
from canary_operator.providers.metrics.readings import STALE_AFTER_SCRAPES, Arms, Survey

_NOT_MEASURED = Unknown("the scrape interval and the duration of requests are being measured", READING)
_NOT_LOOKED = Unknown("the first look at the metrics is under way", READING)


@dataclass(slots=True, eq=False)
class Watched:
    """One rollout. Only the event loop changes it; the thread that parses an answer reads it."""

    arms: Arms
    beside: Beside = NOTHING_BESIDE
    survey: Survey | Unknown = _NOT_MEASURED
    hint: str = ""
    """What there is instead, while the baseline has no requests."""
    slow: Mapping[str, Sample] = field(default_factory=dict)
    """The newest samples of slow requests, by boundary."""
    queries: tuple[OwnQueries, ...] = ()
    """The user's own."""
    own: OwnAnswers = field(default_factory=OwnAnswers)
    """What they answered."""
    reading: Reading | Unknown = _NOT_LOOKED
    taken: float = 0.0
    """When the reading came, by the monotonic clock."""


class Watchlist:
    """The rollouts of one provider and the newest reading of each."""

    def __init__(self, on_reading: Callable[[str], None]) -> None:
        """`on_reading` gets the uid of a rollout whose reading is new, in the event loop's thread."""
        self._watched: dict[str, Watched] = {}
        self._on_reading = on_reading

    def add(self, uid: str, arms: Arms, beside: Beside = NOTHING_BESIDE, own: tuple[OwnQueries, ...] = ()) -> bool:
        """Whether it is new; watched already with the same Services, it keeps what was measured.

        Metrics are named until they were measured; others than before are measured anew.
        """
        present = self._watched.get(uid)
        if present is not None and present.arms == arms and beside.metrics in {(), present.beside.metrics}:
            present.beside = replace(beside, metrics=present.beside.metrics)
            if present.queries != own:
                present.queries, present.own = own, OwnAnswers()
            return False
        self._watched[uid] = Watched(arms, beside, queries=own)
        return True

    def remove(self, uid: str) -> None:
        self._watched.pop(uid, None)

    def all(self) -> dict[str, Watched]:
        """A copy of the list, not of its members."""
        return dict(self._watched)

    def latest(self, uid: str, *, answer_seconds: float) -> Reading | Unknown:
        """A reading that nothing has followed for long is not given out again: whoever takes looks may hang."""
        watched = self._watched.get(uid)
        if watched is None:
            return Unknown("the metrics of this rollout are not watched", READING)
        if isinstance(watched.reading, Unknown):
            return watched.reading
        quiet = time.monotonic() - watched.taken
        period = max(watched.reading.scrape.total_seconds(), SHORTEST_PERIOD)
        if quiet > STALE_AFTER_SCRAPES * period + answer_seconds:
            return Unknown(f"no look at the metrics was finished for {quiet:.0f} s", METRICS_UNAVAILABLE)
        return watched.reading

    def tell(self, asked: Mapping[str, Watched], readings: Mapping[str, Reading | Unknown]) -> None:
        """Take readings of rollouts that are still watched as they were when the question was asked.

        A sample that was told before is not told again: no scrape has come since. One answer may carry news of a
        thousand rollouts, and passes are made in the order of the telling: canaries with new failures come first.
        """
        before = {uid: _failures(watched.reading) for uid, watched in self._watched.items()}
        for uid in sorted(readings, key=lambda uid: _failures(readings[uid]) <= before.get(uid, 0.0)):
            reading = readings[uid]
            watched = self._watched.get(uid)
            if watched is None or watched is not asked.get(uid):
                continue
            known = isinstance(reading, Reading) and bool(reading.sample.sources) and reading == watched.reading
            watched.reading, watched.taken = reading, time.monotonic()
            if not known:
                self._on_reading(uid)


def _failures(reading: Reading | Unknown) -> float:
    """Bad requests of the canary so far, as all sources count them."""
    if isinstance(reading, Unknown):
        return 0.0
    return sum(source.canary.bad for source in reading.sample.sources.values() if source.canary is not None)
