"""Reports as a test means them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from canary_operator.api.report import Count, Happening, Judged, Measured, Point, RunReport
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
