"""Only an analysed template ever gets all the traffic, whatever comes while a promotion is under way."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import Action, Purpose, SetWeight
from canary_operator.errors import Conflict, Unavailable
from tests.cases import cases
from tests.doubles.memory import Crash, MemoryCluster, unwitnessed
from tests.doubles.story import Story
from tests.stories.chaos import Chaos
from tests.stories.promotions import SHORT, an_overtaken_promotion, everything_is_given_back

WRITES = 30


@dataclass(slots=True)
class Observer:
    """Knows what was written and what pods there are; asks nobody what they think about it."""

    cluster: MemoryCluster
    analysed: set[str] = field(default_factory=lambda: {"v1"})
    """What has had every stage below 100 %."""

    def __post_init__(self) -> None:
        self.cluster.calls.witness = self.see

    def see(self, action: Action, _: Fraction) -> None:
        if isinstance(action, SetWeight) and action.purpose is Purpose.STAGE:
            self._see_stage(action)
        stable, canary = set(self.cluster.deployment.pods), self.cluster.canary
        if self.cluster.share == 0:
            assert stable <= self.analysed, f"all traffic goes to {stable}, analysed are {self.analysed}"
        if self.cluster.share == 1 and canary is not None:
            assert canary.revision in self.analysed

    def _see_stage(self, action: SetWeight) -> None:
        """The last stage begins when all others have passed; a stage's pods are all of one revision."""
        if not action.reversed and action.weight == 1 and self.cluster.canary is not None:
            self.analysed.add(self.cluster.canary.revision)
        if action.reversed and action.weight < 1:
            assert self.cluster.deployment.running is not None, f"a share for a mixture: {self.cluster.deployment.pods}"
        if action.reversed and action.weight == 0 and self.cluster.deployment.running is not None:
            self.analysed.add(self.cluster.deployment.running)


async def the_overtaken(moment: int, bad: str) -> Story:
    """v3 comes in mid-promotion, and the process dies around one of the writes from then on."""
    story = Story(SHORT)
    Observer(story.cluster)
    story.cluster.bad = {bad}
    await an_overtaken_promotion(story)
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    story.cluster.roll(10)
    await story.after(minutes=4)
    return story


@pytest.mark.thorough
@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_reversed_run_survives_a_kill_around_every_write(moment: int) -> None:
    """v3 ends as stable, once, and nothing of ours is left."""
    story = await the_overtaken(moment, bad="v9")
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert [past.outcome for past in story.status.history] == [Outcome.PROMOTED, Outcome.PROMOTED]
    assert story.status.stable_revision == "v3"
    assert everything_is_given_back(story)


@pytest.mark.thorough
@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_bad_commit_survives_a_kill_around_every_write(moment: int) -> None:
    """v2's pods have everything again, no share of v3 rises afterwards, and the revert ends it."""
    story = await the_overtaken(moment, bad="v3")
    story.expects(weight="100%", reason=reasons.ROLLED_BACK, state=State.STANDING_IN)
    assert story.status.stable_revision == "v2"
    assert story.weights[-1] == 1
    story.cluster.calls.faults = {story.cluster.calls.writes * 2 + moment % 20: Crash}
    await story.release("v2")
    story.cluster.roll(10)
    await story.after(seconds=30)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert len(story.status.history) == 2
    assert everything_is_given_back(story)


@pytest.mark.thorough
@pytest.mark.parametrize("moment", range(24))
async def test_a_commit_around_every_kill_of_a_promotion_is_never_shipped_unseen(moment: int) -> None:
    """The process dies around a write of the promotion, and v3 comes before the next one starts."""
    story = await Story(SHORT).adopted()
    Observer(story.cluster)
    story.cluster.rolls = 0
    await story.release("v2")
    while story.cluster.share < 1:
        await story.after(seconds=5)
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    story.dies_with("v3")
    await story.after(seconds=40)
    story.cluster.roll(10)
    await story.after(minutes=5)
    story.cluster.roll(10)
    await story.after(minutes=1)
    assert story.cluster.deployment.running == "v3" or story.cluster.deployment.template == "v2"


class Promotion(Chaos):
    """Chaos in which the Deployment takes its time."""

    def __init__(self) -> None:
        super().__init__(SHORT)
        self.cluster.rolls = 0
        self.observer = Observer(self.cluster)

    async def begins(self, moment: str) -> None:
        if moment == "last stage":
            await self.adopted()
            await self.release("v2")
            while self.cluster.share < 1:
                await self.time()
        else:
            await an_overtaken_promotion(self)
        if moment == "reversed":
            await self.roll_all()

    async def roll_some(self) -> None:
        self.cluster.roll(4)
        await self.passes()

    async def roll_all(self) -> None:
        self.cluster.roll(10)
        await self.passes()

    async def harm(self) -> None:
        """Whatever is new by now fails half of its requests."""
        self.cluster.bad = {self.cluster.deployment.template}
        await self.after(seconds=20)
        self.cluster.bad = set()

    async def stable_lost(self) -> None:
        self.cluster.deployment.pods = Counter()
        await self.after(seconds=5, step=1)

    async def stable_back(self) -> None:
        """A Deployment makes pods of what it last rolled, which for a paused one is what nobody can tell here."""
        if not self.cluster.deployment.pods and not self.cluster.deployment.paused:
            self.cluster.deployment.pods = Counter({self.cluster.deployment.template: 10})
        await self.passes()


DEEDS = ("time", "time", "roll_some", "roll_all", "harm", "commit", "revert", "blind", "seeing", "pulled", "unready")
MORE = ("ready", "restarts", "stable_lost", "stable_back")
ORDERS = ("pause", "resume", "promote", "abort", "retry")


@pytest.mark.thorough
@settings(max_examples=cases(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    began=st.sampled_from(["last stage", "overtaken", "reversed"]),
    events=st.lists(st.sampled_from(DEEDS + MORE + ORDERS), max_size=25),
    faults=st.dictionaries(st.integers(0, 80), st.sampled_from([Crash, Conflict, Unavailable]), max_size=6),
)
async def test_no_template_gets_everything_unseen(
    began: str, events: list[str], faults: dict[int, type[Exception]]
) -> None:
    """In any order of events and faults from the last stage on, or from the commit in mid-promotion."""
    story = Promotion()
    await story.begins(began)
    story.cluster.calls.faults = {2 * story.cluster.calls.writes + moment: fault for moment, fault in faults.items()}
    for event in events:
        await (story.orders(event) if event in ORDERS else getattr(story, event)())
    story.cluster.calls.faults.clear()
    story.cluster.calls.witness = unwitnessed
    story.cluster.deleting = True
    story.cluster.deployment.pods = story.cluster.deployment.pods or Counter({"v1": 10})
    await story.after(seconds=30)
    assert not story.cluster.finalizer
    assert story.cluster.record is None
    assert story.cluster.canary is None
