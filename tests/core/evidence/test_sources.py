from datetime import timedelta

from canary_operator.api.evidence import MOST_SOURCES, Source
from canary_operator.core.evidence.sample import Counter, SourceSample
from canary_operator.core.evidence.sources import step
from tests.core.evidence.stream import START, arms

_ZERO = START.timestamp()


def _scrape(seconds: float, total: float, bad: float = 0) -> SourceSample:
    return SourceSample(START + timedelta(seconds=seconds), Counter(total, bad), Counter(10 * total, 0))


def _known(*names: str, at: float = 0, total: float = 100) -> list[Source]:
    return [Source(name=name, at=_ZERO + at, canary=(total, 0.0), baseline=(10 * total, 0.0)) for name in names]


def test_a_new_source_is_a_reference() -> None:
    """What a process counted before we knew it belongs to nobody."""
    first = step([], {"a": _scrape(0, 500, 400)}, _ZERO)
    assert first.seen == first.clean == arms((0, 0), (0, 0))
    assert first.seconds == 0
    assert step(first.sources, {"a": _scrape(1, 510, 401)}, _ZERO).clean == arms((10, 1), (100, 0))


def test_all_sources_add_up() -> None:
    """A stratum is the sum over the sources, and lasts as long as the longest of its parts."""
    seen = {"a": _scrape(2, 110, 1), "b": _scrape(1, 105, 2)}
    happened = step(_known("a", "b"), seen, _ZERO)
    assert happened.clean == arms((15, 3), (150, 0))
    assert happened.seconds == 2


def test_each_source_is_clean_by_its_own_clock() -> None:
    """A part that began before the weight settled is not judged, but it was traffic."""
    known = [*_known("early", at=0.4), *_known("late", at=0.6)]
    happened = step(known, {"early": _scrape(1.4, 110, 10), "late": _scrape(1.6, 107, 3)}, _ZERO + 0.5)
    assert happened.clean == arms((7, 3), (70, 0))
    assert happened.seen == arms((17, 13), (170, 0))


def test_nothing_is_clean_without_a_weight() -> None:
    """Counters are carried forward all the same."""
    happened = step(_known("a"), {"a": _scrape(1, 110)}, None)
    assert happened.seconds == 0
    assert happened.sources[0].canary == (110, 0)


def test_an_old_scrape_is_not_counted_twice() -> None:
    """A source whose newest scrape is the one we know adds nothing and is left as it is."""
    known = _known("a")
    happened = step(known, {"a": _scrape(0, 170)}, _ZERO)
    assert happened.seconds == 0
    assert happened.sources == tuple(known)


def test_a_source_that_returns_goes_on() -> None:
    """A gap in the scrapes of one process loses none of its requests."""
    gone = step(_known("a", "b"), {"a": _scrape(1, 110)}, _ZERO)
    back = step(gone.sources, {"a": _scrape(2, 120), "b": _scrape(2, 130, 4)}, _ZERO)
    assert back.clean == arms((40, 4), (400, 0))


def test_at_most_a_hundred_sources_are_kept() -> None:
    """Sources that are gone make room, the longest gone first; sources that are judged stay."""
    known = [*_known("gone-long", at=-90), *_known("gone", at=-5), *_known(*(f"s{i}" for i in range(98)))]
    seen = {f"s{i}": _scrape(1, 101) for i in range(98)} | {"new": _scrape(1, 3)}
    happened = step(known, seen, _ZERO)
    names = {source.name for source in happened.sources}
    assert len(happened.sources) == MOST_SOURCES
    assert "gone-long" not in names
    assert {"gone", "new", "s0", "s97"} <= names


def test_newcomers_wait_while_a_hundred_report() -> None:
    """Known sources are never pushed out by new ones, or both would stay mere references for ever."""
    known = _known(*(f"s{i}" for i in range(MOST_SOURCES)))
    seen = {"a-new": _scrape(1, 7)} | {f"s{i}": _scrape(1, 101) for i in range(MOST_SOURCES)}
    happened = step(known, seen, _ZERO)
    assert {source.name for source in happened.sources} == {source.name for source in known}
