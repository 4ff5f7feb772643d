"""Reports as a test means them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from canary_operator.api.report import Above, Count, Happening, Held, Judged, Measured, Number, Point, RunReport
from canary_operator.api.status import Outcome
from tests.doubles.memory import NOON
from tests.doubles.story import a_spec

METRIC = "istio-error-rate"


def measured(
    canary: tuple[float, float] = (0, 0), baseline: tuple[float, float] = (0, 0), *, evidence: float = 1.0, **more: Any
) -> Measured:
    """Requests and bad ones of both arms since the beginning."""
    return Measured(
        **{
            "name": METRIC,
            "evidence": evidence,
            "bound": 111.0,
            "canary": Count(*canary),
            "baseline": Count(*baseline),
            **more,
        }
    )


def a_point(second: float, *metrics: Measured, weight: float = 0.05, stage: int = 1, marks: bool = False) -> Point:
    """So many seconds after noon."""
    return Point(NOON + timedelta(seconds=second), stage, weight, weight, metrics, marks)


def a_course(looks: int, canary_bad: float, *, evidence: float = 1.3, weight: float = 0.05) -> tuple[Point, ...]:
    """Looks of five seconds at 100 requests/s, in which the baseline fails 1 %."""
    canary, baseline = 500 * weight, 500 * (1 - weight)
    return tuple(
        a_point(
            5 * look,
            measured(
                (canary * look, canary * look * canary_bad),
                (baseline * look, baseline * look * 0.01),
                evidence=evidence**look,
            ),
            weight=weight,
        )
        for look in range(1, looks + 1)
    )


def a_report(points: Iterable[Point] = (), **changes: Any) -> RunReport:
    """A run of v2 that was rolled back after a minute."""
    facts: dict[str, Any] = {
        "namespace": "shop",
        "name": "checkout",
        "run": "0ffc804682-3",
        "revision": "0ffc80468277",
        "images": "checkout:v2",
        "stable_revision": "a1b2c3d4e5f6",
        "stable_images": "checkout:v1",
        "stages": a_spec().stages,
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=61.5),
        "outcome": Outcome.ROLLED_BACK,
        "reason": "Harm",
        "verdict": "The canary fails too often: 27 of 30 requests of the canary failed (90%).",
        "taken_back_after": timedelta(seconds=0.42),
        "events": (
            Happening(at=NOON, state="Preparing", reason="RunStarted", message="checkout:v2 is shipped in 3 stages"),
            Happening(at=NOON, state="Staged", reason="StageStarted", message="stage 1 of 3: the canary gets 5%"),
        ),
        "points": tuple(points),
        "metrics": (Judged(name=METRIC, query="sum(x)", allowed=1.5, detectable=4.0, sentence="It fails too often."),),
    }
    return RunReport(**facts | changes)


def every_kind(looks: int = 12) -> RunReport:
    """A latency of two boundaries, orders, memory of pods, a number of each arm, and restarts; the canary is worse."""
    times = tuple(Held(boundary=le, times=1.4) for le in ("100ms", "250ms"))
    metrics = (
        Judged(name="istio-latency-p99", sentence="It is too slow.", allowed=1.4, held=times),
        Judged(name="orders", allowed=0.9, more_is_better=True, held=(Held(times=0.9),)),
        Judged(name="memory", allowed=1.1, highest=500.0, unit="Mi"),
        Judged(name="queue", lowest=-1.0, highest=10.0),
        Judged(name="restarts", sentence="2 restarts under traffic, allowed is 0.", highest=0.0),
    )
    return a_report((_of_every_kind(look, looks) for look in range(1, looks + 1)), metrics=metrics)


def _of_every_kind(look: int, looks: int) -> Point:
    part = look / looks
    counts = [
        (Count(50 * look, share * 50 * look), Count(950 * look, 0.3 * share * 950 * look)) for share in (0.3, 0.1)
    ]
    latency = tuple(Above(le, *arms) for le, arms in zip(("100ms", "250ms"), counts, strict=True))
    return Point(
        NOON + timedelta(seconds=5 * look),
        1,
        0.05,
        0.05,
        (
            measured((50 * look, 15 * look), (950 * look, 85 * look), name="istio-latency-p99", above=latency),
            measured((1000 * part, 200 * part), (19000 * part, 7600 * part), name="orders"),
        ),
        numbers=(
            Number("memory", 100 + 52 * part, 100.0, worst=110 + 52 * part, lower=1.2, upper=1.8),
            Number("queue", 12 * part, -0.5),
            Number("restarts", float(look // (looks // 2))),
        ),
    )
