"""Each invariant sees what breaks it, and lets pass what only looks like it."""

from dataclasses import replace
from fractions import Fraction

from testbed.soak.observer.invariants.analysed import OnlyAnalysedGetsAll
from testbed.soak.observer.invariants.blind import NeverBlind
from testbed.soak.observer.invariants.breach import NoRiseAfterBreach
from testbed.soak.observer.invariants.endpoints import NoWeightWithoutEndpoints
from testbed.soak.observer.invariants.foreign import ForeignFieldsStay
from testbed.soak.observer.invariants.leftovers import NothingLeft, unrest
from testbed.soak.observer.invariants.reasons import MovesOrSaysWhy
from testbed.soak.observer.invariants.users import StableAlwaysAnswers
from testbed.soak.observer.scene import News, Scene
from tests.testbed.soak.scenes import CALM, Story, a_deployment, a_record, a_rollout, a_route, a_run

NEVER = float("inf")
GIVEN_BACK = a_route("0", a_record(purpose="RollBack"))
RELEASED = a_route("0", a_record(3, "Release"))
FIRST, SECOND, LAST = (a_route(share, a_record(stage)) for stage, share in ((1, "1/5"), (2, "1/2"), (3, "1")))


def test_a_weight_that_rises_again_after_a_rollback() -> None:
    """The same run may not have it back; the next one may."""
    story = Story(NoRiseAfterBreach())
    assert story.writes(FIRST) is None
    assert story.writes(GIVEN_BACK) is None
    again = story.writes(FIRST)
    assert again is not None
    assert "v2-1, which had begun to go back" in again
    assert story.writes(GIVEN_BACK) is None
    assert story.writes(a_route("1/5", a_record(run="v3-2"))) is None


def test_a_weight_that_rises_after_the_verdict() -> None:
    """The status alone may say that the run is over."""
    story = Story(NoRiseAfterBreach())
    story.writes(FIRST)
    story.after(news=News.ROLLOUT, rollout=a_rollout("Cleaning", a_run(outcome="RolledBack")))
    assert story.writes(SECOND) is not None


def test_a_person_may_do_what_the_operator_may_not() -> None:
    """A weight that somebody sets by hand is their own affair."""
    story = Story(NoRiseAfterBreach())
    story.writes(GIVEN_BACK)
    assert story.writes(a_route("1/5", GIVEN_BACK.record, edits="1")) is None


def test_a_rollout_made_anew_counts_from_one() -> None:
    """Its first run has the name of one that an earlier rollout took back."""
    story = Story(NoRiseAfterBreach())
    story.writes(GIVEN_BACK)
    story.writes(a_route())
    story.after(news=News.ROLLOUT, rollout=a_rollout(run=a_run(), uid="another"))
    assert story.writes(FIRST) is None


def test_a_weight_for_pods_that_are_not_there() -> None:
    """Two seconds are leeway, for what the operator had read before it wrote."""
    story = Story(NoWeightWithoutEndpoints(), canary_gone_since=CALM.at)
    assert story.writes(FIRST, seconds=1.9) is None
    late = story.writes(SECOND, seconds=0.2)
    assert late is not None
    assert "no endpoint" in late
    assert story.writes(a_route("0"), seconds=60) is None
    assert story.writes(FIRST, canary_gone_since=None) is None


def test_what_was_missed_is_no_proof() -> None:
    """A watch that began anew does not know when the endpoints went."""
    assert Story(NoWeightWithoutEndpoints(), canary_gone_since=0.0).writes(FIRST, leap=True) is None


def test_an_advance_without_prometheus() -> None:
    """Eight seconds are leeway; a weight that falls for want of pods is no advance."""
    story = Story(NeverBlind(), blind_since=CALM.at)
    assert story.writes(FIRST, seconds=7) is None
    assert story.writes(a_route("0", a_record()), seconds=2) is None
    blind = story.writes(FIRST)
    assert blind is not None
    assert "without Prometheus" in blind


def test_a_promotion_without_prometheus() -> None:
    """At 100 % there is no weight to raise; going on is an advance all the same."""
    story = Story(NeverBlind(), blind_since=CALM.at)
    story.writes(LAST)
    promoting = a_rollout("Promoting", a_run(stage=3))
    assert story.after(9, news=News.ROLLOUT, rollout=promoting) is not None


def test_a_person_may_go_on_blind() -> None:
    """Whoever orders `promote` or `resume` takes it upon themselves."""
    assert Story(NeverBlind(), blind_since=CALM.at, asked_at=CALM.at + 10).writes(FIRST, seconds=20) is None


def test_a_verdict_without_prometheus() -> None:
    """The route goes first and the status says why; an abort needs no judge."""
    for reason, outcome, wrong in (("Harm", "RolledBack", True), ("Aborted", "Aborted", False)):
        story = Story(NeverBlind(), blind_since=CALM.at)
        story.writes(FIRST)
        assert story.writes(GIVEN_BACK, seconds=20) is None
        ended = a_rollout("Cleaning", a_run(outcome=outcome, reason=reason))
        assert bool(story.after(news=News.ROLLOUT, rollout=ended)) == wrong


def test_a_foreign_field_that_goes_along() -> None:
    """By a write of the operator; a person may change what they like."""
    spec = '[{"timeout": "8s"}, {}, {}, null]'
    story = Story(ForeignFieldsStay())
    assert story.writes(a_route(edits="1", foreign=spec)) is None
    assert story.writes(a_route("1/5", a_record(), edits="1", foreign=spec)) is None
    lost = story.writes(a_route(edits="1", foreign="[{}, {}, {}, null]"))
    assert lost is not None
    assert "spec: {'timeout': '8s'} became {}" in lost


def a_whole_run(tag: str, stands: float = 4.0, requests: int = 0, **first: object) -> tuple[Story, str | None]:
    """Through two stages to 100 %; what was said at the end."""
    story = Story(OnlyAnalysedGetsAll(), canary=a_deployment(tag), stable=a_deployment(), **first)
    story.after(news=News.STABLE)
    story.after(news=News.STABLE, stable=a_deployment(tag, paused=True))
    story.writes(FIRST)
    story.writes(SECOND, seconds=stands)
    return story, story.writes(LAST, seconds=stands, canary_requests=requests)


def test_a_whole_run_may_end_at_stable() -> None:
    """What passed every stage gets all, and stable is let go with it."""
    story, said = a_whole_run("v2")
    assert said is None
    assert story.after(3, news=News.STABLE, stable=a_deployment("v2")) is None
    assert story.writes(RELEASED) is None


def test_a_stage_that_was_too_short() -> None:
    """Unless a person ended it."""
    _, said = a_whole_run("v2", stands=1.5)
    assert said is not None
    assert "stood for 1.5 s of 4 s" in said
    assert a_whole_run("v2", stands=1.5, asked_at=CALM.at + 1)[1] is None


def test_a_stage_that_never_was() -> None:
    """From nothing to all is no run."""
    said = Story(OnlyAnalysedGetsAll(), canary=a_deployment("v2")).writes(LAST)
    assert said is not None
    assert "stage 1 of v2-1 was never seen" in said


def test_another_template_on_the_way() -> None:
    """What the earlier stages said was said of something else."""
    story = Story(OnlyAnalysedGetsAll(), canary=a_deployment("v2"))
    story.writes(FIRST)
    story.writes(SECOND, seconds=4)
    said = story.writes(LAST, seconds=4, canary=a_deployment("v3"))
    assert said is not None
    assert "earlier stages had v2" in said


def test_a_hopeless_version_that_passes() -> None:
    """When it failed half of many requests; of a few nobody can tell."""
    assert a_whole_run("v2-e50", requests=59)[1] is None
    assert a_whole_run("v2-e10", requests=600)[1] is None
    said = a_whole_run("v2-e50", requests=60)[1]
    assert said is not None
    assert "at least half of 60 requests" in said


def test_stable_gets_everything_with_what_nobody_analysed() -> None:
    """Off traffic it may roll to anything; then it must not get the traffic."""
    story, _ = a_whole_run("v2")
    assert story.after(news=News.STABLE, stable=a_deployment("v3")) is None
    said = story.writes(RELEASED)
    assert said is not None
    assert "stable got all the traffic with v3" in said


def test_a_reversed_run() -> None:
    """Its new revision is in the Deployment; the canary's share falls, and a rollback raises it."""
    beside = {"canary": a_deployment("v2"), "stable": a_deployment("v3"), "reversed_runs": frozenset({"v3-2"})}
    shares = [a_route(share, a_record(stage, run="v3-2")) for stage, share in ((1, "4/5"), (2, "1/2"), (3, "0"))]
    back = a_route("1", a_record(run="v3-2", purpose="RollBack"))
    for invariant in (NoRiseAfterBreach(), NoWeightWithoutEndpoints(), OnlyAnalysedGetsAll()):
        story = Story(invariant, **beside, stable_gone_since=None)
        story.after(rollout=a_rollout(run=a_run(id="v3-2", reversed=True)), route=LAST)
        assert [story.writes(share, seconds=4) for share in shares] == [None, None, None]
    story = Story(NoRiseAfterBreach(), **beside)
    story.after(route=LAST)
    assert [story.writes(shares[0]), story.writes(back)] == [None, None]
    assert story.writes(shares[0]) is not None
    story = Story(NoWeightWithoutEndpoints(), **beside, canary_gone_since=None)
    story.after(route=LAST)
    said = story.writes(shares[0])
    assert said is not None
    assert "to stable" in said


def test_stable_let_go_with_what_nobody_analysed() -> None:
    """The old template may run again at any time, and what is not ours may do what it likes."""
    story = Story(OnlyAnalysedGetsAll())
    for stable in (a_deployment(), a_deployment("v2", paused=True), a_deployment("v1"), a_deployment(paused=True)):
        assert story.after(news=News.STABLE, stable=stable) is None
    said = story.after(news=News.STABLE, stable=a_deployment("v2"))
    assert said is not None
    assert "v2, which never passed a run" in said
    story.after(news=News.STABLE, stable=a_deployment("v3", paused=True, adopted=False))
    assert story.after(news=News.STABLE, stable=a_deployment("v3", adopted=False)) is None


def test_a_run_that_stands_still() -> None:
    """Told once, thirty seconds after the moment that it named."""
    story = Story(MovesOrSaysWhy())
    waiting = a_rollout(run=a_run(deadline=CALM.at + 10))
    story.after(news=News.ROLLOUT, rollout=waiting)
    assert story.waits(40) == []
    assert len(story.waits(60)) == 1


def test_a_run_that_says_why() -> None:
    """A hold may last as long as it likes, and so may a fault."""
    story = Story(MovesOrSaysWhy())
    story.after(news=News.ROLLOUT, rollout=a_rollout(run=a_run(hold="MetricsUnavailable")))
    assert story.waits(100) == []
    story = Story(MovesOrSaysWhy(), calm_since=NEVER)
    assert story.waits(100) == []


def test_a_release_that_nobody_notices() -> None:
    """The status speaks of an older Deployment for too long."""
    story = Story(MovesOrSaysWhy(), stable=a_deployment(generation=5))
    story.after(news=News.ROLLOUT, rollout=a_rollout("Resting", observed=4))
    assert len(story.waits(60)) == 1


def test_an_order_that_nobody_answers() -> None:
    """Obeyed or ignored, its annotation goes away."""
    story = Story(MovesOrSaysWhy())
    story.after(news=News.ROLLOUT, rollout=a_rollout("Resting", orders=frozenset({"abort"})))
    (said,) = story.waits(60)
    assert "nobody answers abort" in said


def test_something_of_ours_is_left() -> None:
    """Ten seconds after the end, once; a fault gives more time."""
    story = Story(NothingLeft())
    story.after(news=News.ROLLOUT, rollout=a_rollout("Resting"))
    assert story.waits(60) == []
    story = Story(NothingLeft(), canary=a_deployment("v2"), calm_since=CALM.at + 20)
    story.after(news=News.ROLLOUT, rollout=a_rollout("Resting"))
    assert story.waits(29) == []
    (said,) = story.waits(60)
    assert "a canary Deployment with v2" in said


def test_a_record_without_a_rollout() -> None:
    """A deleted rollout gave everything back."""
    story = Story(NothingLeft())
    story.after(news=News.ROLLOUT, rollout=None, route=FIRST)
    (said,) = story.waits(60)
    assert "in the route" in said


def test_the_end_is_rest() -> None:
    """After everybody was given time, a run in progress is wrong, and so is a leftover."""
    at_rest = replace(CALM, rollout=a_rollout("Resting"), route=a_route())
    assert unrest(at_rest) is None
    assert unrest(replace(at_rest, rollout=None)) is not None
    assert unrest(replace(at_rest, rollout=a_rollout(run=a_run()))) is not None
    assert unrest(replace(at_rest, route=FIRST)) is not None


def test_users_that_nobody_answers() -> None:
    """Stable is there all the time; only a gateway without istiod may know old pods."""
    invariant = StableAlwaysAnswers()
    counted = Scene(at=100.0, news=News.COUNTS, stable_refused=3)
    assert invariant.look(counted) is None
    assert invariant.look(replace(counted, stable_refused=4, mesh_calm_since=90.0)) is None
    assert invariant.look(replace(counted, stable_refused=5, share_by_hand=True)) is None
    said = invariant.look(replace(counted, stable_refused=7))
    assert said == "2 requests to stable got no answer from any pod"


def test_by_whose_hand() -> None:
    """People number their edits; a version without a new number is the operator's, and a first one nobody's."""
    rise = Scene(at=0.0, before=a_route(), route=FIRST)
    assert rise.rises
    assert FIRST.share == Fraction(1, 5)
    assert not replace(rise, before=None).rises
    assert not replace(rise, route=replace(FIRST, edits="1")).rises
