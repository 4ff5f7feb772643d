"""What must hold of the verdicts: each row with the releases that it is measured by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import inf
from typing import Protocol

from benchmarks.latency_streams import LatencyStream
from benchmarks.verdict_streams import (
    LongRequests,
    Phases,
    Pods,
    Stream,
    always,
    during,
    in_groups,
    in_threes,
    metric,
    spikes_of,
)

RATES = (1, 10, 100, 1000)
RAMP = (0.05, 0.2, 0.35, 0.5)
MARGINS = {"1": metric("0%"), "1.5": metric("50%")}


class Release(Protocol):
    """One cell: a kind of release that can be run with a seed."""

    def time_of_harm(self, seed: str) -> float | None: ...


@dataclass(frozen=True)
class Row:
    """One line of the table: what must be, and the cells it must be in."""

    name: str
    must: float
    """A share of runs for `rolled back`, seconds for `found`."""
    kind: str
    cells: tuple[Release, ...]


def rolled_back(name: str, must: float, *cells: Release) -> Row:
    """At most this share of the runs may end in a rollback."""
    return Row(name, must, "rolled back", cells)


def found(name: str, must: float, *cells: Release) -> Row:
    """Half of the runs must end in a rollback within so many seconds of the onset."""
    return Row(name, must, "found", cells)


def _healthy(margin: str, look: float, errors: Sequence[float] = (0.001, 0.01)) -> list[Stream]:
    return [
        Stream(rate, always(fails), always(fails), look=look, metric=MARGINS[margin])
        for rate, fails in product(RATES, errors)
    ]


def _times(rate: float, times: float, fails: float, margin: str = "1.5", *, onset: float = 0) -> Stream:
    """A canary that is so many times worse than its baseline from the onset on."""
    canary = during(onset, inf, min(1, times * fails), fails)
    return Stream(rate, canary, always(fails), metric=MARGINS[margin], onset=onset)


def _broken(rate: float, margin: str = "1.5", fails: float = 0.01) -> Stream:
    return replace(_times(rate, inf, fails, margin), until=600)


def _incident(rate: float) -> Stream:
    course = during(600, 900, 0.2, 0.005)
    return Stream(rate, course, course)


def _ramp(rate: float) -> Stream:
    def course(seconds: float) -> float:
        return 0.005 + 0.015 * seconds / 1800

    return Stream(rate, course, course, weight=lambda seconds: RAMP[int(seconds // 450)])


def _warm(canary: float, rate: float, weight: float, look: float, *, fails: float = 0.005) -> Stream:
    return Stream(rate, always(canary), always(fails), weight=always(weight), look=look, warmup=60, until=60)


def rows() -> list[Row]:
    """What must hold of one metric of counts."""
    return [
        *(
            rolled_back(
                f"healthy, margin {margin}, looks of 10 and 30 s", must, *_healthy(margin, 10), *_healthy(margin, 30)
            )
            for margin, must in (("1", 0.004), ("1.5", 0.001))
        ),
        rolled_back("exactly 1.5 times as bad, margin 1.5", 0.005, *(_times(rate, 1.5, 0.01) for rate in RATES)),
        found(
            "fails everything, ≥ 10 rps",
            20,
            *(_broken(r, m, f) for r, m, f in product(RATES[1:], MARGINS, (0.001, 0.01))),
        ),
        found("fails everything, 1 rps", 100, *(_broken(1, m, f) for m, f in product(MARGINS, (0.001, 0.01)))),
        found("20 times, 100 rps, 0.1 %, margin 1", 50, _times(100, 20, 0.001, "1")),
        found("20 times, 100 rps, 0.1 %, margin 1.5", 60, _times(100, 20, 0.001)),
        found("5 times, 100 rps, 1 %, margin 1", 50, _times(100, 5, 0.01, "1")),
        found("5 times, 100 rps, 1 %, margin 1.5", 70, _times(100, 5, 0.01)),
        found("5 times from minute 15, 1000 rps, 0.1 %, margin 1", 80, _times(1000, 5, 0.001, "1", onset=900)),
        found("5 times from minute 15, 1000 rps, 0.1 %, margin 1.5", 110, _times(1000, 5, 0.001, onset=900)),
        found(
            "fails everything after 1 h of holding, 1000 rps",
            90,
            replace(_times(1000, inf, 0.01, onset=5400), until=6000),
        ),
        rolled_back("common incident of 20 %, minutes 10 to 15", 0.005, *(_incident(rate) for rate in RATES)),
        rolled_back("weight 5, 20, 35, 50 % while errors rise to 2 %", 0.005, *(_ramp(rate) for rate in RATES)),
        rolled_back("requests of 30 s (P99), 1000 rps, settle time 30 s", 0.01, LongRequests(1000, 0.01)),
        rolled_back("scrapes of 15 s at random phases, common spikes", 0.005, Phases(100)),
        *_rows_of_fast_looks(),
        *_rows_of_the_warm_up(),
        *_rows_of_company(),
        *_rows_of_pods(),
        *_rows_of_latency(),
        *_rows_at_100(),
    ]


def _rows_of_fast_looks() -> list[Row]:
    return [
        found("looks of 1 s: fails everything, 20 rps, weight 10 %", 3, _warmless(1, 20, 0.1)),
        found("looks of 1 s: fails everything, 100 rps", 2, replace(_broken(100), look=1)),
        found("looks of 1 s: fails everything, 10 rps", 10, replace(_broken(10), look=1)),
        found("looks of 1 s: 5 times, 100 rps, 1 %", 55, replace(_times(100, 5, 0.01), look=1)),
        found("looks of 1 s: 5.5 % beside 0.5 %, 100 rps, weight 10 %", 15, _warmless(0.055, 100, 0.1)),
        *(
            rolled_back(f"looks of 1 s: healthy, margin {margin}", must, *_healthy(margin, 1, (0.01,)))
            for margin, must in (("1", 0.006), ("1.5", 0.001))
        ),
    ]


def _warmless(canary: float, rate: float, weight: float) -> Stream:
    return Stream(rate, always(canary), always(0.005), weight=always(weight), look=1, until=300)


def _rows_of_the_warm_up() -> list[Row]:
    cold = Stream(100, during(0, 60, 0.05, 0.005), always(0.005), look=1, warmup=60, until=600)
    incident = during(10, 50, 0.4, 0.005)
    return [
        found("warm-up: fails everything, 20 rps, weight 10 %, looks of 1 s", 4, _warm(1, 20, 0.1, 1)),
        found("warm-up: fails everything, 20 rps, weight 10 %, looks of 10 s", 20, _warm(1, 20, 0.1, 10)),
        rolled_back("warm-up: 5 % errors in the canary's first minute", 0.01, cold),
        rolled_back(
            "warm-up: common incident of 40 %, looks of 1 and 10 s",
            0.005,
            *(
                Stream(r, incident, incident, look=k, warmup=60, until=120)
                for r, k in product((20, 100, 1000), (1, 10))
            ),
        ),
        rolled_back(
            "warm-up: baseline at 30 %, looks of 1 and 10 s",
            0.005,
            *(_warm(0.3, r, 0.1, k, fails=0.3) for r, k in product((20, 100, 1000), (1, 10))),
        ),
    ]


def _rows_of_company() -> list[Row]:
    """Phi is measured in the half hour before."""
    usual, spikes, past = always(0.01), spikes_of(0.2, 0.01), during(900, 1200, 0.2, 0.01)
    grouped = Stream(100, usual, usual, before=usual)
    spiked = Stream(100, spikes_of(1.0, 0.05), spikes, before=spikes, until=600)
    return [
        rolled_back(
            "errors in groups (index 9), 10 to 1000 rps", 0.01, *_everywhere(replace(grouped, company=in_groups))
        ),
        rolled_back(
            "3 errors for each failing request, 10 to 1000 rps", 0.01, *_everywhere(replace(grouped, company=in_threes))
        ),
        found("incident in the half hour before: fails everything, 100 rps", 30, replace(_broken(100), before=past)),
        found("common spikes of 10 s each minute: always 5 times, 100 rps, 1 %", 120, spiked),
        *(found(f"phi measured, {name}", must, replace(stream, before=usual)) for name, must, stream in _identical()),
    ]


def _rows_of_pods() -> list[Row]:
    """100 requests/s, 1 % of errors, weight 20 %, margin 1.5."""
    differing = [Pods(100, 0.01, tau, pods, few) for tau in (0.3, 0.6) for pods, few in ((10, 3), (10, 1), (4, 2))]
    grouped = Pods(100, 0.01, 0, baseline=19, canary=3, company=in_groups)
    return [
        rolled_back("pods that differ for good (tau 0.3, 0.6): 3, 1, 2 beside 10, 10, 4", 0.01, *differing),
        rolled_back("19 identical pods, errors in groups (index 9), phi between pods", 0.01, grouped),
        found("10 identical pods, tau measured: 5 times", 40, Pods(100, 0.01, 0, baseline=10, canary=3, worse=5)),
        found("10 pods that differ by tau 0.3: 10 times", 40, Pods(100, 0.01, 0.3, baseline=10, canary=3, worse=10)),
    ]


def _rows_of_latency() -> list[Row]:
    """100 requests/s; the allowed increase is 10 %. Each cell is another service, or another quantile."""

    def cells(slower: float = 1.0, errors: float = 0.0, worse: float = 1.0) -> list[LatencyStream]:
        services = [(100, 0.5), (40, 0.8), (400, 0.3)]
        return [LatencyStream(slower, errors, worse, median, sigma) for median, sigma in services]

    def quantiles(slower: float = 1.0, errors: float = 0.0, worse: float = 1.0) -> list[LatencyStream]:
        presets = ("istio-latency-p50", "istio-latency-p95", "istio-latency-p99")
        return [replace(one, preset=preset) for one in cells(slower, errors, worse) for preset in presets]

    return [
        rolled_back("as slow as stable", 0.004, *quantiles()),
        rolled_back("10 % slower, as allowed", 0.005, *quantiles(slower=1.1)),
        rolled_back("as slow, 1.4 times the errors (1 %)", 0.005, *quantiles(errors=0.01, worse=1.4)),
        found("half as slow again", 200, *cells(slower=1.5)),
        found("twice as slow", 40, *cells(slower=2.0)),
    ]


def _everywhere(stream: Stream) -> list[Stream]:
    return [replace(stream, rate=rate, metric=margin) for rate, margin in product(RATES[1:], MARGINS.values())]


def _identical() -> list[tuple[str, float, Stream]]:
    """Rows of times that must hold with one look more."""
    return [
        ("independent: 5 times, 100 rps, 1 %, margin 1.5", 80, _times(100, 5, 0.01)),
        ("independent: fails everything, 10 rps", 30, _broken(10)),
    ]


def _rows_at_100() -> list[Row]:
    """Only a comparison was asked for, and there is nothing left to compare with."""
    alone = Stream(100, always(0.01), always(0.01), look=1, minutes=10, alone_from=300)
    at_limit = replace(alone, canary=during(300, inf, 0.2, 0.01))
    high = replace(alone, canary=during(300, inf, 0.45, 0.3), baseline=always(0.3))
    broken = [replace(alone, rate=rate, canary=during(420, inf, 1, 0.01), onset=420) for rate in (20, 100)]
    return [
        found("at 100 %: fails everything after 2 minutes there, 20 and 100 rps", 10, *broken),
        rolled_back("at 100 %: exactly at the ceiling (20 %; 45 % after a baseline of 30 %)", 0.005, at_limit, high),
    ]
