"""How releases go, told on ports in memory with the real loop."""

from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import Abandon, EnsureCanary, Record, SetWeight
from canary_operator.core.world import Fault, Trouble
from canary_operator.operator.reading import read_status
from tests.doubles.story import Story, a_spec


async def a_release(story: Story | None = None) -> Story:
    """Adopted, released, and the first weight written."""
    story = await (story or Story()).adopted()
    return await story.release("v2")


async def test_a_rollout_is_adopted_before_anything_ships() -> None:
    """Stable's revision is known and marked, and nothing has moved."""
    story = await Story().adopted()
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.stable_revision == "v1"
    assert story.cluster.deployment.adopted
    assert story.cluster.finalizer
    assert story.cluster.record is None


async def test_a_good_release_goes_out_stage_by_stage() -> None:
    """Every stage lasts its time, and after the last one the route is as it was and the canary gone."""
    story = await a_release()
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    await story.after(minutes=5.2)
    story.expects(weight="25%")
    await story.after(minutes=5.2)
    story.expects(weight="100%")
    await story.after(minutes=5.6)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert story.status.stable_revision == "v2"
    assert story.cluster.deployment.pods == {"v2": 10}
    assert story.cluster.record is None
    assert story.cluster.canary is None
    assert story.weights[:4] == [Fraction(1, 20), Fraction(1, 4), Fraction(1), Fraction(0)]


async def test_a_stage_does_not_end_with_a_bad_look() -> None:
    """A stage of one look: too short for a breach, and its canary failed everything."""
    story = await Story(a_spec(stages=("10%", "100%"), duration="5s", minCanaryRequests=10)).adopted()
    await story.release("v2")
    await story.after(seconds=10, canary_bad=1.0)
    story.expects(weight="10%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    await story.after(seconds=30, canary_bad=1.0)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)
    assert max(story.weights) == Fraction(1, 10)


async def test_a_canary_that_turns_bad_at_the_end_of_a_stage_gets_no_more() -> None:
    """The evidence of all the good looks before is not spent on it."""
    story = await Story(a_spec(stages=("10%", "100%"), duration="30s", minCanaryRequests=10)).adopted()
    await story.release("v2")
    await story.after(seconds=25)
    await story.after(seconds=30, canary_bad=1.0)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)
    assert max(story.weights) == Fraction(1, 10)


async def test_a_bad_release_goes_home() -> None:
    """Evidence of harm sends all traffic back to stable before anything else is written."""
    story = await a_release()
    await story.after(seconds=60)
    story.cluster.log.clear()
    await story.after(seconds=60, canary_bad=0.5)
    first = story.first_write()
    assert isinstance(first, SetWeight)
    assert first.weight == 0
    story.expects(weight="0%", reason=reasons.ROLLED_BACK, state=State.RESTING)
    assert story.status.last_outcome is Outcome.ROLLED_BACK
    assert story.condition("Stalled").status == "True"
    assert story.condition("Ready").status == "False"
    assert story.cluster.canary is None
    assert story.cluster.deployment.paused, "the bad template must not roll out"
    assert "50" in story.status.history[0].message


async def test_a_failed_revision_is_not_tried_again_by_itself() -> None:
    """After a rollback nothing happens until a person or a new revision comes."""
    story = await a_release()
    await story.after(minutes=2, canary_bad=1.0)
    await story.after(minutes=30)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)
    assert story.status.runs == 1
    await story.orders("retry")
    story.expects(weight="5%")
    assert story.status.runs == 2


async def test_a_revision_that_follows_a_failed_one_is_shipped() -> None:
    """The next commit starts a run of its own."""
    story = await a_release()
    await story.after(minutes=2, canary_bad=1.0)
    await story.release("v3")
    story.expects(weight="5%")
    assert story.status.run is not None
    assert story.status.run.revision == "v3"


async def test_going_back_to_the_stable_template_ends_the_waiting() -> None:
    """A reverted commit leaves nothing to ship and a Deployment that is not paused."""
    story = await a_release()
    await story.after(minutes=2, canary_bad=1.0)
    await story.release("v1")
    story.expects(weight="0%", reason=reasons.AT_REST)
    assert not story.cluster.deployment.paused


async def test_the_weight_waits_for_ready_pods() -> None:
    """No write raises a weight while the canary has too few ready pods."""
    story = Story()
    story.cluster.canary_starts = False
    await a_release(story)
    await story.after(minutes=5)
    story.expects(weight="0%", reason=reasons.PREPARING)
    assert story.weights == []
    assert any(isinstance(action, EnsureCanary) for action in story.writes)


async def test_a_canary_that_never_gets_ready_is_rolled_back() -> None:
    """At the deadline the run ends; it never had traffic."""
    story = Story()
    story.cluster.canary_starts = False
    await a_release(story)
    await story.after(minutes=11, step=30)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)
    assert story.weights == []
    assert story.status.history[0].reason == reasons.PROGRESS_DEADLINE_EXCEEDED


async def test_a_blind_judge_holds_and_then_the_stage_is_longer() -> None:
    """Without metrics nothing advances and nothing is taken back; the blind time is added to the stage."""
    story = await a_release()
    await story.after(minutes=2)
    story.cluster.metrics_down = reasons.METRICS_UNAVAILABLE
    await story.after(minutes=60, canary_bad=1.0)
    story.expects(weight="5%", reason=reasons.METRICS_UNAVAILABLE)
    assert story.condition("Ready").status == "False"
    story.cluster.metrics_down = None
    story.cluster.totals = {arm: type(count)(0, 0) for arm, count in story.cluster.totals.items()}
    await story.after(minutes=2.5)
    story.expects(weight="5%")
    await story.after(minutes=1)
    story.expects(weight="25%")


async def test_too_few_requests_hold_by_default() -> None:
    """One request a minute is no basis: the stage is extended once, then it holds and says what is missing."""
    story = await a_release()
    await story.after(minutes=11, rate=1)
    story.expects(weight="5%", reason=reasons.INSUFFICIENT_DATA)
    assert "of 100 canary requests are still missing" in story.condition("Ready").message
    await story.orders("promote")
    story.expects(weight="25%")


async def test_what_happens_with_too_few_requests_is_the_users_choice() -> None:
    """Promote goes on and marks it, Rollback ends the run, Extend waits on."""
    weights = {}
    for policy in ("Promote", "Rollback", "Extend"):
        story = await a_release(Story(a_spec(onInsufficientData=policy)))
        await story.after(minutes=11, rate=1)
        weights[policy] = (story.cluster.share, story.reason)
    assert weights["Promote"][0] == Fraction(1, 4)
    assert weights["Rollback"] == (Fraction(0), reasons.ROLLED_BACK)
    assert weights["Extend"] == (Fraction(1, 20), reasons.COLLECTING_REQUESTS)


async def test_abort_acts_before_it_writes_anything_down() -> None:
    """The route first, then status, then the annotation goes."""
    story = await a_release()
    story.cluster.log.clear()
    await story.orders("abort")
    assert isinstance(story.first_write(), SetWeight)
    assert story.cluster.verbs == {}
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.ABORTED, state=State.RESTING)


async def test_pause_stops_the_clock_but_not_the_judge() -> None:
    """A paused stage stays; harm still ends it."""
    story = await a_release()
    await story.after(minutes=1)
    await story.orders("pause")
    await story.after(minutes=20)
    story.expects(weight="5%", reason=reasons.PAUSED)
    await story.orders("resume")
    await story.after(minutes=3)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    await story.orders("pause")
    await story.after(minutes=1, canary_bad=1.0)
    story.expects(weight="0%")


async def test_a_verb_for_another_run_does_nothing_and_says_so() -> None:
    """A run id that is not the current one is refused with the current one."""
    story = await a_release()
    await story.orders("abort", "v9-7")
    story.expects(weight="5%")
    assert reasons.VERB_IGNORED in story.told
    assert story.cluster.verbs == {}


async def test_a_new_revision_during_a_run_takes_its_place() -> None:
    """The older run ends at weight 0 and the newer revision starts from the first stage."""
    story = await a_release()
    await story.after(minutes=6)
    story.expects(weight="25%")
    story.cluster.log.clear()
    await story.release("v3")
    await story.after(seconds=15)
    story.expects(weight="5%")
    assert story.status.history[0].outcome is Outcome.SUPERSEDED
    assert story.status.run is not None
    assert story.status.run.revision == "v3"
    assert story.weights[0] == 0


async def test_pulled_traffic_is_never_raised_again_by_ourselves() -> None:
    """Somebody lowered the weight: hold, until a person says resume."""
    story = await a_release()
    await story.after(minutes=6)
    story.cluster.share = Fraction(1, 100)
    await story.after(minutes=30)
    story.expects(weight="1%", reason=reasons.TRAFFIC_PULLED)
    await story.orders("resume")
    story.expects(weight="25%", reason=reasons.STAGE_RUNNING)


async def test_a_weight_that_is_asked_for_again_waits_for_pods() -> None:
    """Resume gives traffic to nobody: without a ready pod the weight stays where somebody pulled it."""
    story = await a_release()
    story.cluster.share = Fraction(0)
    await story.after(seconds=10)
    story.cluster.lose_canary_pods()
    await story.orders("resume")
    await story.after(seconds=20, step=1)
    story.expects(weight="0%", reason=reasons.CANARY_NOT_READY)
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=10)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)


async def test_what_somebody_set_back_needs_no_resume_and_leaves_none_behind() -> None:
    """The weight came back by itself after resume was said; a later pull is held like the first."""
    story = await a_release()
    story.cluster.share = Fraction(1, 100)
    await story.after(seconds=10)
    story.cluster.verbs["resume"] = "true"
    story.cluster.share = Fraction(5, 100)
    await story.after(seconds=10)
    story.cluster.share = Fraction(1, 100)
    await story.after(minutes=1)
    story.expects(weight="1%", reason=reasons.TRAFFIC_PULLED)


async def test_a_pulled_canary_that_loses_its_pods_is_raised_by_nobody() -> None:
    """Its traffic goes to stable; when the pods are back a person says when it goes on."""
    story = await a_release()
    story.cluster.share = Fraction(1, 100)
    await story.after(seconds=10)
    story.cluster.lose_canary_pods()
    await story.after(seconds=10, step=1)
    story.expects(weight="0%", state=State.PREPARING)
    story.cluster.bring_canary_pods_back()
    await story.after(minutes=1)
    story.expects(weight="0%", reason=reasons.PAUSED)
    await story.orders("resume")
    story.expects(weight="5%", state=State.STAGED)


async def test_a_pull_between_look_and_write_is_not_overwritten() -> None:
    """The stage was decided on a share that somebody changed before our write: it is decided anew, and held."""
    story = await a_release()
    story.cluster.before_weight = Fraction(1, 100)
    await story.after(minutes=7)
    story.expects(weight="1%", reason=reasons.TRAFFIC_PULLED)
    assert Fraction(25, 100) not in story.weights


async def test_a_canary_without_pods_loses_its_traffic_and_gets_it_back() -> None:
    """Two seconds without a ready pod: weight 0 and no verdict; with pods the same stage begins again."""
    story = await a_release()
    story.cluster.lose_canary_pods()
    await story.after(seconds=10, step=1)
    story.expects(weight="0%", state=State.PREPARING)
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=2, step=1)
    story.expects(weight="5%", state=State.STAGED)
    assert story.status.history == ()


async def a_release_that_is_gone_at_every_other_look(trouble: Trouble | None) -> Story:
    """For five seconds nobody answers its callers, and then its pods are back, before its traffic is taken away."""
    story = await a_release()
    story.cluster.trouble = trouble
    for _ in range(3):
        story.cluster.lose_canary_pods()
        await story.after(seconds=5, canary_bad=1.0)
        story.cluster.bring_canary_pods_back()
        await story.after(seconds=5)
    return story


@pytest.mark.parametrize("trouble", [None, Trouble(Fault.CLUSTER, "no pod could be made: exceeded quota")])
async def test_a_canary_whose_pods_the_cluster_took_is_not_judged_by_that(trouble: Trouble | None) -> None:
    """What its callers get instead of an answer says nothing of the release."""
    story = await a_release_that_is_gone_at_every_other_look(trouble)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    assert story.status.history == ()


async def test_a_canary_whose_containers_broke_is_judged_by_what_callers_got_instead() -> None:
    """Its pods are gone through its own fault, so every request that found nobody is a failure of the release."""
    story = await a_release_that_is_gone_at_every_other_look(Trouble(Fault.RELEASE, "pod a: CrashLoopBackOff"))
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)
    assert [past.reason for past in story.status.history] == [reasons.HARM]


async def test_looks_are_not_writes() -> None:
    """In half a stage of looks the status is written only now and then."""
    story = await a_release()
    await story.after(seconds=10)
    story.cluster.log.clear()
    await story.after(minutes=2, step=5)
    assert 2 <= story.records <= 5


async def test_a_restart_neither_shortens_nor_repeats_a_stage() -> None:
    """The stage's end stands in status."""
    story = await a_release()
    await story.after(minutes=3)
    await story.restarts()
    story.expects(weight="5%")
    await story.after(minutes=1)
    story.expects(weight="5%")
    await story.after(minutes=1.6)
    story.expects(weight="25%")


async def test_an_operator_that_was_down_for_a_stage_does_not_advance_on_its_return() -> None:
    """The time in which nobody looked is added to the stage, whatever the first look says."""
    story = await a_release()
    await story.after(minutes=4)
    story.cluster.now += timedelta(hours=2)
    story.cluster.traffic(100_000)
    await story.restarts()
    story.expects(weight="5%")
    await story.after(seconds=30)
    story.expects(weight="5%")
    await story.after(seconds=75)
    story.expects(weight="25%")


async def test_the_operator_was_down_while_a_release_came() -> None:
    """Nothing shipped meanwhile; the run starts when it is back."""
    story = await Story().adopted()
    story.cluster.commit("v2")
    story.working = None
    await story.passes()
    story.expects(weight="5%")


async def test_traffic_only_waits_for_a_person_at_the_end() -> None:
    """Without a workload the canary keeps all the traffic until somebody says that stable was updated."""
    story = await Story(a_spec(workload=False)).adopted()
    story.cluster.spec = story.cluster.spec.model_copy(update={"revision": "v2"})
    await story.passes()
    story.expects(weight="5%")
    await story.after(minutes=17)
    story.expects(weight="100%", reason=reasons.AWAITING_STABLE_UPDATE)
    story.cluster.deployment.answering = False
    await story.orders("promote")
    await story.after(seconds=15)
    story.expects(weight="100%", reason=reasons.NO_STABLE_ENDPOINTS)
    story.cluster.deployment.answering = True
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.AT_REST)
    assert story.status.stable_revision == "v2"


async def test_a_status_that_cannot_be_read_is_begun_anew_loudly() -> None:
    """Nobody knows the run any more: the route's record tells of it, the traffic goes back, and people hear of it."""
    story = await a_release()
    body = {
        "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"state": "Nonsense", "revision": story.cluster.status.revision},
    }
    story.cluster.status, story.cluster.log[:] = read_status(body), []
    await story.restarts()
    await story.after(seconds=30)
    assert reasons.CORRUPT_STATUS in story.told
    story.expects(weight="0%", reason=reasons.ABORTED, state=State.RESTING)
    assert (story.cluster.record, story.cluster.canary) == (None, None)


async def test_deleting_a_rollout_gives_everything_back() -> None:
    """The weight first, then the drain, then route, canary, mark and finalizer."""
    story = await a_release()
    await story.after(minutes=6)
    story.cluster.deleting = True
    await story.passes()
    story.expects(weight="0%")
    finalizers = [story.cluster.finalizer]
    await story.after(seconds=15)
    finalizers.append(story.cluster.finalizer)
    assert finalizers == [True, False]
    assert story.cluster.record is None
    assert story.cluster.canary is None
    assert not story.cluster.deployment.adopted
    assert story.cluster.deployment.paused, "a template that nobody analysed stays unshipped"


async def test_what_was_made_beside_a_deployment_goes_without_it_too() -> None:
    """Somebody deleted the Deployment first; the canary Service was once left behind for ever."""
    story = await a_release()
    story.cluster.deployment.exists = False
    story.cluster.deleting = True
    await story.after(seconds=15)
    assert Abandon(unpause=False) in story.writes
    assert not story.cluster.finalizer


async def test_records_come_before_a_weight_rises_and_after_it_fell() -> None:
    """Intent, weight, note on the way up."""
    story = await Story().adopted()
    await story.release("v2")
    kinds = [type(action) for action in story.writes]
    rise = kinds.index(SetWeight)
    assert kinds[rise - 1] is Record
    assert kinds[rise + 1] is Record
