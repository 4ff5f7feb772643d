"""A stage whose time is over: was every metric seen?"""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.evidence import Arms, Counts, Evidence, Tally
from canary_operator.api.metric import Metric
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Boundary, Pinned, State
from canary_operator.core.checks import CHECKS
from canary_operator.core.evidence.judge import Judgement
from canary_operator.core.findings import Finding, first
from canary_operator.core.transitions import Event
from canary_operator.core.world import World
from tests.doubles.memory import NOON
from tests.doubles.worlds import a_world, at_stage

ENOUGH = Arms(canary=Counts(requests=5000.0), baseline=Counts(requests=5000.0))
OVER = NOON + timedelta(minutes=30)
P99 = Boundary(metric="istio-latency-p99", le="500", margin=2.0)


def found(*boundaries: Boundary, slow_at: datetime | None = OVER, **changes: Any) -> Finding:
    """What is found of a run that compares its p99, with so many errors as requests that no other check minds."""
    return first(CHECKS[State.STAGED], world(*boundaries, slow_at=slow_at, **changes))


def world(*boundaries: Boundary, slow_at: datetime | None = OVER, **changes: Any) -> World:
    run = at_stage()
    counted = changes.pop("counted", ENOUGH)
    metric = {"preset": "istio-latency-p99", "maxIncrease": "10%", "critical": changes.pop("critical", True)}
    analysis = run.plan.analysis.model_copy(update={"metrics": (Metric.model_validate(metric),), **changes})
    tallies = () if slow_at is None else tuple(Tally(key=one.key, at=slow_at, stage=counted) for one in boundaries)
    run = at_stage(
        plan=run.plan.model_copy(update={"analysis": analysis}),
        pinned=Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5), boundaries=boundaries),
        evidence=Evidence(at=OVER, stage=ENOUGH, warm=True, more=tallies),
        looked_at=OVER,
        ends_at=NOON,
    )
    return replace(a_world(State.STAGED, run), now=OVER)


def test_a_metric_that_was_seen_to_the_end_lets_the_stage_pass() -> None:
    assert found(P99).event is Event.STAGE_PASSED
    assert found(P99, slow_at=OVER - timedelta(seconds=15)).event is Event.STAGE_PASSED, "it is asked a little later"


@pytest.mark.parametrize("slow_at", [None, OVER - timedelta(seconds=16), NOON])
def test_the_silence_of_one_metric_advances_nothing(slow_at: datetime | None) -> None:
    """Whatever the others say."""
    silent = found(P99, slow_at=slow_at)
    assert (silent.event, silent.reason) == (Event.HELD, reasons.METRICS_STALE)
    assert silent.message.startswith("istio-latency-p99 has no new sample")


@pytest.mark.parametrize("arm", ["canary", "baseline"])
def test_a_metric_that_counts_nothing_of_one_arm_advances_nothing(arm: str) -> None:
    """The new version may have lost the counter; the extension is waited for, and then a person."""
    nothing = replace(ENOUGH, **{arm: Counts()})
    waiting = found(P99, counted=nothing)
    assert (waiting.event, waiting.reason) == (Event.HELD, reasons.INSUFFICIENT_DATA)
    assert "istio-latency-p99 counted nothing of one arm" in waiting.message
    longer = found(P99, counted=nothing, max_extension=timedelta(hours=1))
    assert (longer.event, longer.reason) == (Event.WAITED, reasons.COLLECTING_REQUESTS)


@pytest.mark.parametrize(
    ("choice", "event"),
    [("Hold", Event.HELD), ("Extend", Event.WAITED), ("Promote", Event.STAGE_PASSED), ("Rollback", Event.STARVED)],
)
def test_a_latency_that_nothing_can_judge_is_insufficient_data(choice: str, event: Event) -> None:
    unjudged = found(on_insufficient_data=choice)
    assert unjudged.event is event
    assert "istio-latency-p99 can't be judged" in unjudged.message


def test_a_metric_that_is_not_critical_need_not_be_seen() -> None:
    assert found(critical=False).event is Event.STAGE_PASSED


def test_a_warning_holds_from_its_first_moment() -> None:
    """Also before the stage's time is over; a person may go on all the same."""
    warned = Judgement(harm=False, burning=False, e_value=1.0, bound=111.0, told=lambda: "fine", warning="It is slow.")
    early = replace(world(P99), judgement=warned, now=NOON)
    seen = first(CHECKS[State.STAGED], early)
    assert (seen.event, seen.reason) == (Event.HELD, reasons.METRIC_OVER_BOUND)
    assert seen.message == "It is slow. Annotate promote=true to go on all the same, or abort=true"
    run = early.run.model_copy(update={"promote": True})
    by_hand = replace(early, status=early.status.model_copy(update={"run": run}))
    assert first(CHECKS[State.STAGED], by_hand).event is Event.STAGE_PASSED


def test_copies_are_judged_by_what_pods_answer_alone() -> None:
    """A query of one's own, which nobody asked, is not missed before the first users."""
    query = {"name": "orders", "promQL": "paid{s='$service'}", "outOf": "visits{s='$service'}", "maxDecrease": "10%"}
    seen = world(P99)
    analysis = seen.run.plan.analysis
    analysis = analysis.model_copy(update={"metrics": (*analysis.metrics, Metric.model_validate(query))})

    def at(stage: Stage) -> Event:
        plan = seen.run.plan.model_copy(update={"analysis": analysis, "stages": (stage, *seen.run.plan.stages[1:])})
        run = seen.run.model_copy(update={"plan": plan, "weight": stage.weight, "mirror": stage.mirror})
        return first(CHECKS[State.STAGED], replace(a_world(State.STAGED, run), now=OVER)).event

    span = timedelta(minutes=30)
    assert at(Stage(mirror=Fraction(1, 5), duration=span)) is Event.STAGE_PASSED
    assert at(Stage(weight=Fraction(1, 20), duration=span)) is Event.HELD
