from datetime import UTC, datetime, timedelta

from canary_operator.api.metric import Metric
from canary_operator.api.reasons import METRICS_UNAVAILABLE
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import Beside
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.watchlist import Watchlist

ARMS = Arms(Service("shop", "checkout"), Service("shop", "checkout-canary"))
SECOND = timedelta(seconds=1)


def a_reading(bad: float, at: int = 0) -> Reading:
    source = SourceSample(datetime(2026, 1, 1, 0, 0, at, tzinfo=UTC), Counter(100 + at, bad), Counter(1000 + at, 0))
    return Reading(Sample({"gateway": source}), SECOND, SECOND)


def watching(*uids: str) -> tuple[Watchlist, list[str]]:
    told: list[str] = []
    watchlist = Watchlist(told.append)
    for uid in uids:
        watchlist.add(uid, ARMS)
    return watchlist, told


def test_canaries_with_new_failures_are_told_first() -> None:
    """Among many that share an answer the one that may be a breach does not wait for the others."""
    watchlist, told = watching("a", "b", "c", "d")
    watchlist.tell(watchlist.all(), {uid: a_reading(3) for uid in "abcd"})
    told.clear()
    later: dict[str, Reading | Unknown] = {
        "a": a_reading(3, 1),
        "b": Unknown("down", METRICS_UNAVAILABLE),
        "c": a_reading(4, 1),
        "d": a_reading(3, 1),
    }
    watchlist.tell(watchlist.all(), later)
    assert told == ["c", "a", "b", "d"]


def test_a_sample_is_told_once() -> None:
    """Without a new scrape there is nothing to decide."""
    watchlist, told = watching("a")
    for _ in range(2):
        watchlist.tell(watchlist.all(), {"a": a_reading(0)})
    assert told == ["a"]


def test_who_is_not_watched_any_more_is_not_told() -> None:
    """An answer may come after the question has lost its meaning."""
    watchlist, told = watching("a", "b")
    asked = watchlist.all()
    watchlist.remove("a")
    watchlist.remove("b")
    watchlist.add("b", ARMS)
    watchlist.tell(asked, {"a": a_reading(0), "b": a_reading(0)})
    assert told == []


def test_other_metrics_are_measured_anew_and_pinned_ones_never() -> None:
    """A run names its metrics until they were measured; a later one may judge other ones."""
    watchlist, _ = watching()
    p99, p50 = (Metric.model_validate({"preset": f"istio-latency-{name}", "max": "1s"}) for name in ("p99", "p50"))
    assert watchlist.add("a", ARMS, Beside((p99,)))
    assert not watchlist.add("a", ARMS, Beside((p99,)))
    assert not watchlist.add("a", ARMS, Beside(boundaries=("1000",)))
    assert watchlist.all()["a"].beside == Beside((p99,), ("1000",))
    assert watchlist.add("a", ARMS, Beside((p50,)))
