"""Stories up to a promotion, and to a commit that overtakes it."""

from canary_operator.api import reasons
from canary_operator.api.status import State
from tests.doubles.story import Story, a_spec

STAGES = ("10%", "50%", "100%")

SHORT = a_spec(stages=STAGES, duration="30s", minCanaryRequests=10)


async def a_promotion(story: Story | None = None) -> Story:
    """v2 has passed every stage; the Deployment is told to roll to it and has not begun."""
    story = await (story or Story(SHORT)).adopted()
    story.cluster.rolls = 0
    await story.release("v2")
    await story.after(minutes=3)
    return story.expects(weight="100%", reason=reasons.PROMOTING, state=State.PROMOTING)


async def an_overtaken_promotion(story: Story | None = None) -> Story:
    """v3 was committed when half of the Deployment's pods were v2."""
    story = await a_promotion(story)
    story.cluster.roll(5)
    await story.release("v3")
    return story


async def a_reversed_run(story: Story | None = None) -> Story:
    """v3 is rolled out, off traffic, and gets its first share."""
    story = await an_overtaken_promotion(story)
    story.cluster.roll(10)
    await story.passes()
    return story


def everything_is_given_back(story: Story) -> bool:
    cluster = story.cluster
    return cluster.record is None and cluster.canary is None and cluster.share == 0
