"""One thing goes wrong in a whole release, at one await of it: whichever thing, and whichever await, reads too."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stories.model.outside import DEEDS, INTERRUPTIONS, VERBS, Outside
from tests.stories.model.plans import FIRST, plans
from tests.stories.model.world import World

CALLS = 480
"""Looks and writes of a release, twice each: before and after."""
ORDERS = tuple(f"order {verb}" for verb in VERBS)
THINGS = (*INTERRUPTIONS, *DEEDS, *ORDERS, "delete")


def deed(outside: Outside, thing: str) -> Callable[[], None]:
    verb = thing.removeprefix("order ")
    return outside.deed(thing) if verb == thing else lambda: outside.order(verb, "true")


def a_release(quality: str, moment: int, thing: str, *, first: str) -> World:
    """From the commit to the end of what would be the run, with this thing at this moment."""
    world = World(plans("Policy", first=first), startup=12, rolls=4, lag=True)
    world.operator.work()
    world.passes_time(15)
    world.outside.quality = quality
    world.operator.arm(moment, deed(world.outside, thing))
    world.does("commit")
    world.passes_time(210)
    return world


@pytest.mark.thorough
@pytest.mark.parametrize("quality", ["good", "bad"])
@given(moment=st.integers(1, CALLS), thing=st.sampled_from(THINGS), first=st.sampled_from(FIRST))
def test_whatever_goes_wrong_wherever(quality: str, moment: int, thing: str, first: str) -> None:
    """The witness checks every write; then the rollout comes to rest, or says why not and how to go on."""
    world = a_release(quality, moment, thing, first=first)
    world.calms_down()
    world.does_as_told()
    world.is_deleted()
