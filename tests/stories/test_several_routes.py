"""Two VirtualServices that are split alike, each written by itself: whatever happens in between, they end alike."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.quantities import parse_percentage
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import Announce, Purpose, SetWeight
from canary_operator.core.world import Missing
from canary_operator.errors import Conflict, Unavailable
from tests.cases import cases
from tests.doubles.memory import Crash, MemoryRoute
from tests.doubles.story import Story, a_spec
from tests.stories.chaos import Persistent

SHORT = a_spec(stages=("10%", "50%", "100%"), duration="30s", minCanaryRequests=10)
MESH = "VirtualService shop/checkout-mesh"
WRITES = 34
"""More than a run makes, so that the last moments are those of a run that nobody interrupts."""


class Two(Story):
    """A story with a route for the gateway and one for the mesh."""

    def __init__(self) -> None:
        super().__init__(SHORT)
        self.mesh = MemoryRoute(MESH)
        self.cluster.beside.append(self.mesh)

    def expects_both(self, weight: str, *, reason: str | None = None, state: State | None = None) -> None:
        self.expects(weight=weight, reason=reason, state=state)
        assert self.mesh.share == self.cluster.share, f"the mesh has {self.mesh.share}"

    def nothing_left(self) -> None:
        assert (self.cluster.record, self.mesh.record, self.cluster.canary) == (None, None, None)
        assert (self.cluster.share, self.mesh.share) == (Fraction(0), Fraction(0))

    def dies_at(self, moment: int) -> "Two":
        self.cluster.calls.faults[self.cluster.calls.writes * 2 + moment] = Crash
        return self


async def two() -> Two:
    story = Two()
    await story.adopted()
    return story


async def test_a_good_release_is_split_alike_everywhere() -> None:
    """At each stage both have its weight, and in the end neither has anything of ours."""
    story = await two()
    await story.release("v2")
    story.expects_both("10%", reason=reasons.STAGE_RUNNING)
    started = [told.message for told in story.cluster.log if isinstance(told, Announce)]
    assert any("the canary gets 10% in each of 2 routes" in message for message in started)
    await story.after(seconds=40)
    story.expects_both("50%", reason=reasons.STAGE_RUNNING)
    await story.after(minutes=3)
    assert story.status.last_outcome is Outcome.PROMOTED
    story.nothing_left()


async def test_harm_takes_the_traffic_of_both_first() -> None:
    """Before anything of it is written down."""
    story = await two()
    await story.release("v2")
    story.cluster.log.clear()
    await story.after(minutes=1, canary_bad=1.0)
    fall = next(place for place, action in enumerate(story.writes) if isinstance(action, SetWeight))
    assert story.weights[:2] == [0, 0]
    assert isinstance(story.writes[fall + 1], SetWeight)
    assert story.status.last_outcome is Outcome.ROLLED_BACK
    story.nothing_left()


@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_good_release_survives_a_kill_around_every_write(moment: int) -> None:
    """Also between the two patches of one step: no stage is repeated, and nobody is said to have pulled anything."""
    story = (await two()).dies_at(moment)
    await story.release("v2")
    await story.after(minutes=3)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert story.status.runs == 1
    assert not {reasons.TRAFFIC_PULLED, reasons.WEIGHT_DRIFTED} & set(story.told)
    raised = [action.weight for action in story.cluster.log if isinstance(action, SetWeight)]
    assert raised == sorted(raised[: raised.index(Fraction(1)) + 1]) + raised[raised.index(Fraction(1)) + 1 :]
    story.nothing_left()


@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_bad_release_survives_a_kill_around_every_write(moment: int) -> None:
    """Once one of them was emptied, no weight rises in either."""
    story = (await two()).dies_at(moment)
    await story.release("v2")
    await story.after(minutes=3, canary_bad=1.0)
    assert story.status.last_outcome is Outcome.ROLLED_BACK
    fall = story.weights.index(Fraction(0))
    assert set(story.weights[fall:]) == {0}
    story.nothing_left()


@pytest.mark.parametrize("moment", range(6))
async def test_a_withdrawal_survives_a_kill_around_every_write(moment: int) -> None:
    """The canary lost its pods: both are emptied, nobody is said to have pulled it, and the stage begins again."""
    story = await two()
    await story.release("v2")
    story.cluster.lose_canary_pods()
    story.dies_at(moment)
    await story.after(seconds=5, step=1)
    story.expects_both("0%", state=State.PREPARING)
    assert not {reasons.TRAFFIC_PULLED, reasons.WEIGHT_DRIFTED} & set(story.told)
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=2, step=1)
    story.expects_both("10%", state=State.STAGED)


async def test_a_withdrawal_that_stopped_half_way_is_finished_though_pods_are_back() -> None:
    """One of them is empty already, so the other one follows before anything rises."""
    story = await two()
    await story.release("v2")
    story.cluster.lose_canary_pods()
    story.cluster.log.clear()

    def dies_in_between(call: object) -> None:
        if isinstance(call, SetWeight) and story.cluster.share < story.mesh.share:
            story.cluster.calls.around = lambda _: None
            story.cluster.bring_canary_pods_back()
            raise Crash

    story.cluster.calls.around = dies_in_between
    await story.after(seconds=4, step=1)
    assert story.weights[:2] == [0, 0]
    story.expects_both("10%", state=State.STAGED)


async def test_a_stage_begins_when_both_have_its_weight() -> None:
    """Until then its time does not run, and nobody calls the difference drift."""
    story = await two()
    story.cluster.commit("v2")
    before = story.cluster.calls.writes
    blocked = True

    def mesh_fails(call: object) -> None:
        if blocked and isinstance(call, SetWeight) and story.cluster.share == call.weight:
            raise Unavailable("the mesh's route can't be written")

    story.cluster.calls.around = mesh_fails
    with pytest.raises(Unavailable):
        await story.passes()
    assert story.cluster.calls.writes > before
    assert story.cluster.status.state is State.PREPARING
    blocked = False
    await story.passes()
    story.expects_both("10%", reason=reasons.STAGE_RUNNING)
    assert not {reasons.TRAFFIC_PULLED, reasons.WEIGHT_DRIFTED} & set(story.told)


async def test_whoever_pulls_one_of_them_is_heard() -> None:
    """The run holds, names it, raises neither, and `resume` makes them alike again."""
    story = await two()
    await story.release("v2")
    story.mesh.share = Fraction(0)
    await story.after(minutes=2)
    assert (story.cluster.share, story.mesh.share) == (Fraction(1, 10), Fraction(0))
    assert story.reason == reasons.TRAFFIC_PULLED
    assert f"set the canary's weight to 0% in {MESH}, we had set 10%" in story.condition("Ready").message
    await story.orders("resume")
    story.expects_both("10%", reason=reasons.STAGE_RUNNING)


async def test_a_whole_object_put_back_by_a_tool_is_traffic_pulled() -> None:
    """Its record is gone with our weights."""
    story = await two()
    await story.release("v2")
    story.mesh.share, story.mesh.record = Fraction(0), None
    await story.after(seconds=10)
    assert story.reason == reasons.TRAFFIC_PULLED
    assert MESH in story.condition("Ready").message


@pytest.mark.parametrize("second", [0, 45])
async def test_one_that_is_deleted_takes_the_traffic_of_the_other_back(second: int) -> None:
    """It is named; when it is there again a person says when the same stage begins anew, in both."""
    story = await two()
    await story.release("v2")
    await story.after(seconds=second)
    stage = story.status.run.stage if story.status.run else 0
    story.mesh.exists = False
    story.cluster.log.clear()
    await story.after(seconds=5)
    story.expects(weight="0%", reason=reasons.ROUTE_NOT_FOUND, state=State.PREPARING)
    assert f"{MESH} does not exist" in story.condition("Ready").message
    assert reasons.ROUTE_NOT_FOUND in story.told
    story.mesh.share, story.mesh.record, story.mesh.exists = Fraction(0), None, True
    await story.after(seconds=5)
    story.expects_both("0%", reason=reasons.PAUSED)
    await story.orders("resume")
    assert story.state is State.STAGED
    assert story.status.run is not None
    assert story.status.run.stage == stage
    assert story.mesh.share == story.cluster.share > 0


async def test_a_run_with_one_of_them_gone_can_be_aborted() -> None:
    """What is left is given back."""
    story = await two()
    await story.release("v2")
    story.mesh.exists = False
    await story.orders("abort")
    await story.after(minutes=1)
    assert story.status.last_outcome is Outcome.ABORTED
    assert (story.cluster.share, story.cluster.record, story.cluster.canary) == (Fraction(0), None, None)


async def test_a_leftover_in_one_of_them_is_cleaned_though_the_other_is_gone() -> None:
    """The status was lost in mid-run, and so was a route."""
    story = await two()
    await story.release("v2")
    story.cluster.status = type(story.cluster.status)()
    story.working = None
    story.mesh.exists = False
    await story.after(seconds=30)
    assert (story.cluster.share, story.cluster.record) == (Fraction(0), None)


async def test_the_first_can_be_the_one_that_is_gone() -> None:
    """No route is more than the others."""
    story = await two()
    await story.release("v2")
    story.cluster.route_problem = Missing("VirtualService shop/checkout")
    story.cluster.route_exists = False
    await story.after(seconds=5)
    assert story.mesh.share == 0
    assert "VirtualService shop/checkout does not exist" in story.condition("Ready").message


EVENTS = (
    "time",
    "harm",
    "restarts",
    "pulled",
    "unready",
    "ready",
    "gone",
    "back",
    "pause",
    "resume",
    "promote",
    "abort",
)


class Chaos(Persistent, Two):
    """Each event is a method."""

    async def time(self) -> None:
        await self.after(seconds=20)

    async def harm(self) -> None:
        await self.after(seconds=20, canary_bad=1.0)

    async def pulled(self) -> None:
        self.mesh.share /= 2
        await self.passes()

    async def unready(self) -> None:
        self.cluster.lose_canary_pods()
        await self.after(seconds=5, step=1)

    async def ready(self) -> None:
        self.cluster.bring_canary_pods_back()
        await self.after(seconds=5, step=1)

    async def gone(self) -> None:
        self.mesh.exists = False
        await self.passes()

    async def back(self) -> None:
        if not self.mesh.exists:
            self.mesh.share, self.mesh.record, self.mesh.exists = Fraction(0), None, True
        await self.passes()


@settings(max_examples=cases(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    events=st.lists(st.sampled_from(EVENTS), max_size=20),
    faults=st.dictionaries(st.integers(0, 100), st.sampled_from([Crash, Conflict, Unavailable]), max_size=6),
)
async def test_whatever_happens_they_end_alike(events: list[str], faults: dict[int, type[Exception]]) -> None:
    """No weight leaves the plan, what a record says was what was written, and nothing stays behind in either."""
    story = Chaos()
    story.cluster.calls.faults.update(faults)
    await story.adopted()
    await story.release("v2")
    planned = {stage.weight for stage in SHORT.stages} | {Fraction(0)}
    for event in events:
        done = getattr(story, event, None)
        await (done() if done is not None else story.orders(event))
        for record in (story.cluster.record, story.mesh.record):
            assert record is None or record.weight in planned
            assert record is None or record.purpose is not Purpose.ROLL_BACK or record.weight == 0
    story.cluster.calls.faults.clear()
    await story.back()
    story.cluster.deleting = True
    await story.after(seconds=30)
    assert not story.cluster.finalizer
    story.nothing_left()


async def test_the_observed_share_is_that_of_all_routes_together() -> None:
    """Which is right while they are alike; while one is not, nothing is held against the split."""
    story = await two()
    await story.release("v2")
    await story.after(seconds=25)
    assert story.status.observed_weight is not None
    assert abs(parse_percentage(story.status.observed_weight) - Fraction(1, 10)) < Fraction(1, 100)
    story.mesh.share = Fraction(0)
    await story.after(minutes=2)
    assert story.reason == reasons.TRAFFIC_PULLED
    assert reasons.TRAFFIC_SHARE_MISMATCH not in story.told
