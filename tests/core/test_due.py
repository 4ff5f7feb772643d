from dataclasses import replace
from datetime import timedelta

from canary_operator.api import reasons
from canary_operator.api.status import Pinned, State
from canary_operator.core.due import SHORTLY, SLOWLY, SOON, next_due
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Unknown
from tests.doubles.memory import NOON
from tests.doubles.worlds import AT_REST, a_run, a_world, at_stage

WAITED = Finding(Event.WAITED, reasons.PREPARING, "")


def test_after_a_step_the_next_pass_comes_at_once() -> None:
    """One transition a pass, and no waiting between them."""
    world = a_world(State.STAGED, at_stage())
    assert next_due(world, WAITED, world.status, acted=True) == NOON


def test_an_idle_rollout_waits_for_events_only() -> None:
    """No clock wakes it."""
    world = a_world(State.RESTING)
    assert next_due(world, WAITED, world.status, acted=False) is None


def test_the_next_known_moment_wakes_a_run() -> None:
    """The end of a drain, for example."""
    until = NOON + timedelta(seconds=3)
    world = a_world(State.CLEANING, at_stage(drain_until=until, ends_at=None))
    assert next_due(world, WAITED, world.status, acted=False) == until


def test_what_sends_no_event_is_looked_for() -> None:
    """Endpoints of a canary that is nearly ready, or of stable that is rolled out, and what could not be read."""
    nearly = a_world(State.PREPARING, a_run(), canary=CanaryFacts("v2", 3, 1))
    assert next_due(nearly, WAITED, nearly.status, acted=False) == NOON + SOON
    rolled = a_world(State.PROMOTING, at_stage(3, "1", ends_at=None), deployment=AT_REST)
    assert next_due(rolled, WAITED, rolled.status, acted=False) == NOON + SOON
    back = a_world(State.STANDING_IN, at_stage(3, "1", ends_at=None), deployment=AT_REST)
    assert next_due(back, WAITED, back.status, acted=False) == NOON + SOON
    other = replace(back, deployment=replace(AT_REST, revision="v9"))
    assert next_due(other, WAITED, other.status, acted=False) == NOON + SLOWLY
    unread = a_world(State.RESTING, route=Unknown("not listed yet"))
    assert next_due(unread, WAITED, unread.status, acted=False) == NOON + SHORTLY
    outside = a_world(State.OUTSIDE)
    assert next_due(outside, WAITED, outside.status, acted=False) == NOON + SLOWLY


def test_a_stage_is_woken_by_its_looks_and_only_seldom_besides() -> None:
    """Twice the time of a look, and never under five seconds."""
    for scrape, seconds in ((1, 5), (10, 20)):
        pinned = Pinned(scrape=timedelta(seconds=scrape), settle=timedelta(seconds=1))
        world = a_world(State.STAGED, at_stage(pinned=pinned))
        assert next_due(world, WAITED, world.status, acted=False) == NOON + timedelta(seconds=seconds)
