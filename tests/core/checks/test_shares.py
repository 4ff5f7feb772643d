"""A hold that says who is to be asked."""

from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.evidence import Evidence, Source, Split
from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.status import State
from canary_operator.api.stickiness import StickyCookie
from canary_operator.core.checks.shares import misrouted
from canary_operator.core.transitions import Event
from canary_operator.core.world import World
from tests.doubles.worlds import a_world, at_stage

MATCH = CanaryMatch(method="PUT")


def counted(split: Split, **changes: Any) -> World:
    """The stage's weight is 5 %."""
    return a_world(State.STAGED, at_stage(evidence=Evidence(split=split, **changes)))


def test_a_route_that_nobody_follows_is_told_with_the_likely_reasons() -> None:
    found = misrouted(counted(Split(elsewhere=400)))
    assert found is not None
    assert (found.event, found.reason) == (Event.HELD, reasons.TRAFFIC_SHARE_MISMATCH)
    assert found.message.startswith("none of 400 requests went to the canary, and its weight is 5%: nobody follows")
    assert "another route claims the host" in found.message
    assert "annotate promote=true" in found.message


def test_another_share_names_the_callers_that_are_not_counted() -> None:
    """They go to stable by themselves, which is their good right."""
    job = Source(name="job-1", at=0, canary=None, baseline=(9.0, 0.0))
    found = misrouted(counted(Split(canary=300, baseline=700, elsewhere=9), stage_canary=300, sources=(job,)))
    assert found is not None
    assert found.message.startswith(
        "300 of 1000 requests went to the canary (30%), and its weight is 5% (not counted are callers that never send"
        " to the canary: job-1)."
    )


@pytest.mark.parametrize(
    "split",
    [Split(), Split(canary=50, baseline=950), Split(canary=60, baseline=940, elsewhere=10**6), Split(elsewhere=20)],
    ids=["nothing", "exact", "others besides", "too little"],
)
def test_otherwise_nothing_is_held(split: Split) -> None:
    assert misrouted(counted(split, stage_canary=split.canary)) is None


MORE, LESS = Split(canary=300, baseline=700), Split(canary=5, baseline=1995)


@pytest.mark.parametrize(
    ("chosen", "run", "split", "held"),
    [
        ({"matches": (MATCH,)}, {"matched": True}, MORE, False),
        ({"matches": (MATCH,)}, {"matched": True}, LESS, True),
        ({"matches": (MATCH,), "match_service": "testers"}, {"matched": True}, MORE, True),
        ({"matches": (MATCH,), "match_service": "testers"}, {"matched": True, "reversed": True}, MORE, False),
        ({"bucket": CanaryBucket(header="uid")}, {}, MORE, False),
        ({"bucket": CanaryBucket(header="uid")}, {}, LESS, False),
        ({"cookie": StickyCookie()}, {}, MORE, False),
        ({"cookie": StickyCookie()}, {}, LESS, False),
        ({"cookie": StickyCookie()}, {}, Split(elsewhere=100_000), False),
    ],
    ids=[
        "testers on top",
        "fewer than by chance",
        "testers apart",
        "not apart",
        "busy users",
        "lazy users",
        "who stay",
        "lazy ones",
        "nobody drawn yet",
    ],
)
def test_who_is_chosen_is_not_held_against_the_weight(chosen: Any, run: Any, split: Split, held: bool) -> None:
    """Testers who are counted along come on top of it, and a bucket or a cookie splits users, not requests."""
    world = counted(split, stage_canary=split.canary)
    plan = world.run.plan.model_copy(update=chosen)
    found = misrouted(a_world(State.STAGED, world.run.model_copy(update={"plan": plan, **run})))
    assert (found is not None) == held


def test_a_bucket_that_nobody_is_in_is_told() -> None:
    """Perhaps the header has another name."""
    world = counted(Split(elsewhere=400))
    plan = world.run.plan.model_copy(update={"bucket": CanaryBucket(header="uid")})
    found = misrouted(a_world(State.STAGED, world.run.model_copy(update={"plan": plan})))
    assert found is not None
    assert "no request carries the number that canaryBucket splits by" in found.message


def test_a_dark_launch_has_no_share() -> None:
    """Its testers are as many as they are."""
    dark = at_stage(weight="0", matched=True, evidence=Evidence(split=MORE, stage_canary=300))
    assert misrouted(a_world(State.STAGED, dark)) is None


def test_who_knows_better_may_say_so() -> None:
    world = counted(Split(elsewhere=400))
    analysis = world.run.plan.analysis.model_copy(update={"on_share_mismatch": "Ignore"})
    run = world.run.model_copy(update={"plan": world.run.plan.model_copy(update={"analysis": analysis})})
    assert misrouted(a_world(State.STAGED, run)) is None
