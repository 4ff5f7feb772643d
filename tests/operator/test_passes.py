from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, cast

import pytest

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.decide import Decision
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.errors import CanaryError, Conflict, NotLeading, Refused, Unavailable
from canary_operator.operator.agenda import Turn
from canary_operator.operator.passes import LONGEST_RETRY, LONGEST_RETRY_IN_A_RUN, Passes
from canary_operator.operator.store import Store
from canary_operator.ports import Ports, Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import DEPLOYMENTS, ROLLOUTS, VIRTUAL_SERVICES, WATCHED, Resource
from canary_operator.reconcile.loop import Learn, Rollout
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.worlds import a_run
from tests.operator.bodies import a_deployment, a_rollout, a_virtual_service

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TURN = Turn("checkout-uid", NOON)


class Metrics:
    def __init__(self) -> None:
        self.unwatched: list[str] = []

    def unwatch(self, uid: str) -> None:
        self.unwatched.append(uid)


class Reporter:
    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def passed(self, rollout: Rollout, decision: Decision, now: datetime) -> None:
        del now
        self.told.append(("passed", rollout.uid, str(decision.status.runs)))

    def taken_back(self, uid: str, at: datetime) -> None:
        del at
        self.told.append(("taken back", uid))

    def forget(self, uids: Iterable[str]) -> None:
        self.told.append(("forget", *uids))


class Preflight:
    """Has nothing to say."""

    def passed(self, _: Rollout, __: Decision) -> None: ...


class Traffic:
    """Takes every weight."""

    async def set_weight(self, _: Target, __: SetWeight) -> None: ...


class Bench:
    """A store with one rollout, and a loop that answers as told."""

    def __init__(self) -> None:
        self.store = Store(changed=lambda _: None)
        self.server = InMemoryKubernetes()
        self.metrics = Metrics()
        self.seen: list[Rollout] = []
        self.answer: Decision | Exception = a_decision(Status())
        self.learnt: Status | None = None
        self.preferred: dict[str, bool] = {}
        self.passed_turns: list[Turn] = []
        self.taken_back_turns: list[Turn] = []
        self.failures: list[str] = []
        self.reporter = Reporter()
        self.passes = Passes(
            self.store,
            cast("Kubernetes", self.server),
            Ports(cast("Any", Traffic()), cast("Any", None), cast("Any", self.metrics), cast("Any", None)),
            reconcile=self.reconcile,
            prefer=self.prefer,
            watcher=self,
            reporter=self.reporter,
            preflight=Preflight(),
            now=lambda: NOON,
        )
        for resource in WATCHED:
            self.store.complete(resource, {})
        self.store.observe(ROLLOUTS, a_rollout(status={"revision": 1}))

    async def reconcile(self, rollout: Rollout, _: Ports, __: datetime, learn: Learn) -> Decision:
        self.seen.append(rollout)
        if self.learnt is not None:
            learn(self.learnt)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def loses_leadership(self) -> None:
        """From now on while each pass is under way."""

        async def loses(rollout: Rollout, ports: Ports, now: datetime, learn: Learn) -> Decision:
            self.passes.forget_all()
            return await self.reconcile(rollout, ports, now, learn)

        self.passes.reconcile = loses

    def prefer(self, uid: str, *, urgent: bool) -> None:
        self.preferred[uid] = urgent

    def passed(self, turn: Turn, _: datetime) -> None:
        self.passed_turns.append(turn)

    def taken_back(self, turn: Turn, _: datetime) -> None:
        self.taken_back_turns.append(turn)

    def failed(self, error: str) -> None:
        self.failures.append(error)

    async def make(self) -> float | None:
        """Seconds until the next pass."""
        due = await self.passes.make(TURN)
        return None if due is None else (due - NOON).total_seconds()


def a_decision(status: Status, **rest: Any) -> Decision:
    finding = Finding(Event.WAITED, "AtRest", "")
    return replace(Decision((), status, finding, NOON + timedelta(seconds=60), status), **rest)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_pass_knows_the_rollout_as_the_store_has_it(bench: Bench) -> None:
    """Names, spec, status, verbs, and whether it is on its way out."""
    metadata = {
        "annotations": {"canary-operator.dev/abort": "true", "other": "x"},
        "finalizers": ["canary-operator.dev/finalizer"],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    bench.store.observe(ROLLOUTS, a_rollout(version=2, metadata=metadata))
    await bench.make()
    seen = bench.seen[0]
    assert (seen.key, seen.uid, seen.generation) == ("shop/checkout", "checkout-uid", 1)
    assert seen.verbs == {"abort": "true"}
    assert seen.deleting
    assert seen.finalizer


async def test_the_next_pass_gets_the_working_copy(bench: Bench) -> None:
    """Looks since the last write live in memory only."""
    working = Status(revision=1, runs=4)
    bench.answer = a_decision(working)
    assert await bench.make() == 60
    await bench.make()
    assert bench.seen[1].status is working
    assert bench.seen[1].saved.runs == 0


async def test_a_newer_status_in_the_cluster_wins(bench: Bench) -> None:
    """Our copy is older when a pass died between its writes."""
    bench.answer = a_decision(Status(revision=1, runs=4))
    await bench.make()
    bench.store.put(ROLLOUTS, a_rollout(version=2, status={"revision": 2, "runs": 5}))
    await bench.make()
    assert bench.seen[1].status.runs == 5


async def test_a_route_that_comes_while_it_is_asked_for_is_found(bench: Bench) -> None:
    """As with one `kubectl apply` of everything: the answer is that there is none, and meanwhile its watch has it."""

    class Slow(InMemoryKubernetes):
        async def get(self, resource: Resource, namespace: str | None, name: str) -> Any:
            answer = await InMemoryKubernetes.get(self, resource, namespace, name)
            if resource is VIRTUAL_SERVICES:
                bench.store.observe(VIRTUAL_SERVICES, a_virtual_service())
            return answer

    bench.passes.kubernetes = cast("Kubernetes", Slow())
    bench.store.observe(ROLLOUTS, a_rollout(version=2))
    await bench.make()
    assert bench.store.get(VIRTUAL_SERVICES, "shop", "shop") is not None


async def test_a_pass_that_fails_keeps_what_it_saw(bench: Bench) -> None:
    """While nothing can be written down, looks still add up."""
    bench.answer, bench.learnt = Refused("a policy says no"), Status(revision=1, runs=7)
    await bench.make()
    await bench.make()
    assert bench.seen[1].status.runs == 7


async def test_a_look_of_a_reign_that_is_over_is_forgotten(bench: Bench) -> None:
    """The next leader's own looks count."""
    bench.answer, bench.learnt = Refused("a policy says no"), Status(revision=1, runs=7)
    bench.loses_leadership()
    await bench.make()
    assert list(bench.passes.present()) == []


async def test_working_copies_end_with_leadership(bench: Bench) -> None:
    """Somebody else may have written since; looks end as well."""
    bench.answer = a_decision(Status(revision=1, runs=4))
    await bench.make()
    bench.passes.forget_all()
    assert bench.metrics.unwatched == ["checkout-uid"]
    assert list(bench.passes.present()) == []
    await bench.make()
    assert bench.seen[1].status.runs == 0


async def test_a_pass_that_outlives_its_leadership_leaves_no_copy(bench: Bench) -> None:
    """What it decided belongs to a reign that is over."""
    bench.answer = a_decision(Status(revision=1, runs=4))
    bench.loses_leadership()
    await bench.make()
    assert list(bench.passes.present()) == []


async def test_a_conflict_is_tried_again_at_once_and_then_with_patience(bench: Bench) -> None:
    """The first one is ordinary; one after the other means that somebody fights with us."""
    bench.answer = Conflict("changed")
    assert [await bench.make() for _ in range(4)] == [0, 1, 2, 4]
    assert bench.failures == ["Conflict"] * 4


async def test_an_api_server_that_is_away_is_asked_less_and_less(bench: Bench) -> None:
    """Up to a bound."""
    bench.answer = Unavailable("no answer")
    waits = [await bench.make() for _ in range(12)]
    assert waits[:3] == [0.5, 1, 2]
    assert waits[-1] == LONGEST_RETRY.total_seconds()


async def test_a_run_is_never_left_waiting(bench: Bench) -> None:
    """Its rollback may be what failed."""
    bench.answer = a_decision(Status(revision=1, run=a_run()))
    await bench.make()
    assert bench.preferred == {"checkout-uid": True}
    bench.answer = Unavailable("no answer")
    waits = [await bench.make() for _ in range(12)]
    assert waits[-1] == LONGEST_RETRY_IN_A_RUN.total_seconds()


async def test_success_ends_the_patience(bench: Bench) -> None:
    """Failures in a row count, and not all that ever were."""
    bench.answer = Unavailable("no answer")
    for _ in range(5):
        await bench.make()
    bench.answer = a_decision(Status())
    await bench.make()
    bench.answer = Unavailable("no answer")
    assert await bench.make() == 0.5


async def test_who_may_not_write_asks_for_nothing(bench: Bench) -> None:
    """It comes back shortly, for the right to write may be back before anybody noticed that it was gone."""
    bench.answer = NotLeading("standby")
    assert await bench.make() == 1.0
    assert bench.failures == []


async def test_bugs_are_for_the_caller(bench: Bench) -> None:
    """They are no weather."""
    bench.answer = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await bench.make()


async def test_a_bad_answer_of_ours_is_a_bug_as_well(bench: Bench) -> None:
    """Only what may pass by itself is tried again quietly."""
    bench.answer = CanaryError("nonsense")
    with pytest.raises(CanaryError):
        await bench.make()


async def test_a_rollout_that_is_gone_is_forgotten(bench: Bench) -> None:
    """Its looks and its copy end with it."""
    bench.answer = a_decision(Status(revision=1, runs=4))
    await bench.make()
    bench.store.observe_deletion(ROLLOUTS, a_rollout(version=9))
    assert await bench.make() is None
    assert bench.metrics.unwatched == ["checkout-uid"]
    assert len(bench.seen) == 1


async def test_what_a_rollout_refers_to_is_read_once(bench: Bench) -> None:
    """Before the first pass each unknown object is read; afterwards the watches bring what changes."""
    bench.server.seed(DEPLOYMENTS, a_deployment())
    bench.server.seed(VIRTUAL_SERVICES, a_virtual_service())
    await bench.make()
    assert bench.store.get(DEPLOYMENTS, "shop", "checkout") is not None
    assert bench.store.get(VIRTUAL_SERVICES, "shop", "shop") is not None
    assert len(bench.server.calls) == 3
    await bench.make()
    assert len(bench.server.calls) == 3


async def test_the_report_follows_what_passes_did(bench: Bench) -> None:
    """Only of a pass that was made, and nothing of it is remembered for a rollout that is gone or led by others."""
    bench.answer = Unavailable("no answer")
    await bench.make()
    assert bench.reporter.told == []
    bench.answer = a_decision(Status(revision=1, runs=4))
    await bench.make()
    bench.passes.forget_all()
    bench.store.observe_deletion(ROLLOUTS, a_rollout(version=9))
    await bench.make()
    assert bench.reporter.told == [
        ("passed", "checkout-uid", "4"),
        ("forget", "checkout-uid"),
        ("forget", "checkout-uid"),
    ]


@pytest.mark.parametrize(("purpose", "told"), [(Purpose.ROLL_BACK, [TURN]), (Purpose.STAGE, []), (Purpose.RELEASE, [])])
async def test_a_rollback_is_told_as_soon_as_the_route_is_written(
    bench: Bench, purpose: Purpose, told: list[Turn]
) -> None:
    """Although what comes after it fails: the traffic is where it belongs."""

    async def fails_after_the_route(rollout: Rollout, ports: Ports, _: datetime, __: Learn) -> Decision:
        assert isinstance(rollout.spec, Spec)
        target = Target(rollout.namespace, rollout.name, rollout.uid, rollout.spec)
        await ports.traffic.set_weight(target, SetWeight(Fraction(0), purpose, "run-1", 1))
        assert bench.taken_back_turns == told
        raise Unavailable("the API server is gone")

    bench.passes.reconcile = fails_after_the_route
    await bench.make()
    assert bench.taken_back_turns == told
    assert bench.passed_turns == []
    assert bench.reporter.told == [("taken back", "checkout-uid")] * len(told)
