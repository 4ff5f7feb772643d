"""What the `Traffic` port promises, whatever kind of route carries the weights.

What never happens: a rise over anything that it was not decided on; a rollback that waits for another writer, lands on
another rule or leaves somebody with the canary; a word of another owner or rollout that is written over; a second write
of the same; anything of ours that is left behind. What is written, on any object in any run, is in `test_any_run.py`.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import MakeRoutes, Purpose, SetWeight
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.errors import CanaryError, Conflict, Gone, InvalidCanary, Refused, Unavailable
from canary_operator.providers.objects import Rival
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.cluster import Cluster
from tests.providers.traffic.istio.shapes import a_mirror, a_stage, a_weight, drawn, percents, rolled_back
from tests.providers.traffic.istio.strategies import BUCKETS, MATCHES
from tests.providers.traffic.kinds_of_routes import KINDS, VIRTUAL_SERVICE, Kind

TESTERS = MATCHES[:1]
FIRST = "canary-operator-match-1-checkout"
CHOSEN = {
    "matches": (a_weight(25, matches=TESTERS), "x-canary"),
    "dark launch": (a_weight(0, matches=TESTERS), "x-canary"),
    "bucket": (a_weight(25, bucket=BUCKETS[1]), "x-user-id"),
    "stickiness": (a_weight(25, cookies=drawn(25)), "set-cookie"),
    "stickiness in a later stage": (a_weight(25, cookies=drawn(5, 25), matches=TESTERS), "set-cookie"),
    "mirror": (a_weight(0, copies=a_mirror(20)), "mirror"),
}
"""All that a stage may insert beside a weight, and a word that tells of it in the object."""
each_choice = pytest.mark.parametrize(("order", "trace"), CHOSEN.values(), ids=CHOSEN)


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def cluster(kind: Kind) -> Cluster:
    """All traffic goes to stable, and its owner noted something."""
    return Cluster(kind).holding(kind.rule(kind.alone, name="primary"), annotations={"theirs": "1"})


@pytest.fixture
def shared(kind: Kind) -> Cluster:
    """Two rules, for a rollout each."""
    return Cluster(kind).holding(*(kind.rule(kind.alone, name=name) for name in ("primary", "cart")))


def a_split(kind: Kind, stable: int, canary: int, **more: Any) -> dict[str, Any]:
    """A rule with these weights."""
    return kind.rule(kind.sends("checkout", stable), kind.sends("checkout-canary", canary), **more)


def a_label(body: Any) -> None:
    body["metadata"]["labels"] = {"team": "payments"}


def as_owned(body: Any) -> Any:
    """Without what the API server counts."""
    counted = ("resourceVersion", "generation")
    return {**body, "metadata": {key: value for key, value in body["metadata"].items() if key not in counted}}


async def test_a_look_asks_nobody(cluster: Cluster) -> None:
    """It reads the store only."""
    assert await cluster.look() == Route(Fraction(0), None, carrier=cluster.kind.carrier)
    assert cluster.kubernetes.calls == []


async def test_a_look_tells_missing_from_unknown(kind: Kind) -> None:
    """Before the first list is complete, absence means nothing."""
    cluster = Cluster(kind)
    assert await cluster.traffic.look(kind.target()) == Missing(kind.object)
    cluster.store.listed = False
    assert isinstance(await cluster.traffic.look(kind.target()), Unknown)


async def test_a_look_returns_problems(cluster: Cluster) -> None:
    """What a person must repair is a value."""
    found = await cluster.traffic.look(cluster.kind.target("secondary"))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_NOT_FOUND
    assert f"has no {cluster.kind.word} named secondary" in found.message


async def test_a_problem_is_told_to_the_user(cluster: Cluster) -> None:
    """A write that the route can't take raises the reason and sentence of the look."""
    target = cluster.kind.target("secondary")
    with pytest.raises(InvalidCanary) as caught:
        await cluster.set(a_weight(5), target)
    assert await cluster.traffic.look(target) == Problem(caught.value.reason, caught.value.message)
    assert cluster.writes == 0


async def test_a_rival_for_the_host_hinders_the_route(cluster: Cluster) -> None:
    """Both are named with the host and the cure; what the route says is known all the same."""
    other = "HTTPRoute" if cluster.kind is VIRTUAL_SERVICE else "VirtualService"
    rival = Rival("checkout.shop.svc.cluster.local", other, "shop", "other")
    cluster.store.contesting[cluster.kind.resource, "shop", "checkout"] = (rival,)
    found = await cluster.look()
    assert found.share == 0
    assert found.hindrance is not None
    assert found.hindrance.reason == reasons.HOST_CLAIMED_TWICE
    assert found.hindrance.message.startswith(
        f"{rival} claims checkout.shop.svc.cluster.local for the mesh, and so does {cluster.kind.object}: "
    )


async def test_a_rival_hinders_each_of_several_rules(shared: Cluster) -> None:
    """Whatever is read of them together."""
    rival = Rival("checkout", "HTTPRoute", "shop", "other")
    shared.store.contesting[shared.kind.resource, "shop", "checkout"] = (rival,)
    found = await shared.look(shared.kind.target("primary", "cart"))
    assert [part.hindrance is not None for part in found.each] == [True, True]


async def test_a_weight_is_written_once_and_known_at_once(cluster: Cluster) -> None:
    """The answer goes into the store, so the next look sees it, and the same order writes nothing."""
    await cluster.set(a_weight(5))
    assert await cluster.share() == Fraction(1, 20)
    await cluster.set(a_weight(5))
    assert cluster.writes == 1
    assert cluster.copy == cluster.live


async def test_a_whole_run_leaves_nothing_behind(cluster: Cluster) -> None:
    """Up, back to 0 and restored, each done twice and written once: all of the object is its owner's."""
    before = as_owned(cluster.live)
    for order in (a_weight("0.5"), a_weight(5), a_weight(50), a_weight(100), rolled_back()):
        await cluster.set(order)
        await cluster.set(order)
        assert await cluster.share() == order.weight
    await cluster.restore()
    await cluster.restore()
    assert as_owned(cluster.live) == before
    assert cluster.writes == 6


@each_choice
async def test_a_restore_in_mid_run_leaves_nothing_behind(cluster: Cluster, order: SetWeight, trace: str) -> None:
    """Whatever was inserted for the stage: a rollout may be deleted at any time."""
    before = as_owned(cluster.live)
    await cluster.set(order)
    assert trace in str(cluster.rules).lower()
    await cluster.restore()
    assert as_owned(cluster.live) == before
    assert cluster.writes == 2


async def test_two_rollouts_share_an_object(shared: Cluster) -> None:
    """Each splits its own rule and gives back its own; a third takes none of theirs."""
    one, two = shared.kind.target("primary"), shared.kind.target("cart", name="cart")
    before, rule = as_owned(shared.live), shared.rules[0]
    await shared.set(a_weight(5), one)
    await shared.set(a_weight(25), two)
    assert shared.rules[0] == a_split(shared.kind, 95, 5, name="primary")
    taken = await shared.traffic.look(shared.kind.target("cart", name="late"))
    assert isinstance(taken, Problem)
    assert taken.reason == reasons.ROUTE_TAKEN
    await shared.restore(one)
    assert shared.rules == [rule, a_split(shared.kind, 75, 25, name="cart")]
    await shared.restore(two)
    assert as_owned(shared.live) == before


async def test_no_route_of_a_user_is_made(cluster: Cluster) -> None:
    """One that is there is not touched, and one that is not there stays away: it was not ours to make."""
    await cluster.traffic.make(cluster.kind.target(), MakeRoutes(a_weight(5)))
    cluster.somebody_deletes()
    cluster.store.bodies.clear()
    await cluster.traffic.make(cluster.kind.target(), MakeRoutes(a_weight(5)))
    assert cluster.writes == 0


async def test_a_raise_over_somebodys_edit_is_a_conflict(cluster: Cluster) -> None:
    """It was decided on another object; the new one is in the store for the next decision."""
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(a_label)
    with pytest.raises(Conflict):
        await cluster.set(a_weight(5))
    assert cluster.copy == cluster.live
    await cluster.set(a_weight(5))
    assert await cluster.share() == Fraction(1, 20)
    assert cluster.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_raise_over_a_share_that_was_not_decided_on_is_a_conflict(cluster: Cluster) -> None:
    """The store heard of somebody's pull between look and write; a fall needs no such care."""
    await cluster.set(a_weight(25, decided_on=Fraction(0)))
    await cluster.set(a_weight(5))
    with pytest.raises(Conflict, match="5%"):
        await cluster.set(a_weight(50, decided_on=Fraction(1, 4)))
    assert await cluster.share() == Fraction(1, 20)
    await cluster.set(a_weight(1, decided_on=Fraction(1, 4)))
    assert await cluster.share() == Fraction(1, 100)


async def test_a_raise_over_rules_that_somebody_just_took_away_is_a_conflict(cluster: Cluster) -> None:
    """It was decided on when they stood; with a person's word they are written again."""
    await cluster.set(a_weight(5, matches=TESTERS))
    cluster.somebody_else(lambda body: body["spec"][cluster.kind.rules].pop(0))
    cluster.watch()
    order = a_weight(25, matches=TESTERS, decided_on=Fraction(1, 20))
    with pytest.raises(Conflict, match=f"{FIRST} was taken away or changed by now"):
        await cluster.set(order)
    assert [rule["name"] for rule in cluster.rules] == ["primary"]
    await cluster.set(replace(order, lost=(FIRST,)))
    assert await cluster.share() == Fraction(1, 4)
    assert [rule["name"] for rule in cluster.rules] == [FIRST, "primary"]


async def test_a_raise_needs_the_object(cluster: Cluster) -> None:
    """Deleted meanwhile is a conflict, found by the patch and found by the store."""
    cluster.kubernetes.before_write = cluster.somebody_deletes
    for _ in range(2):
        with pytest.raises(Gone):
            await cluster.set(a_weight(5))
        assert cluster.copy is None


@pytest.mark.parametrize("order", [order for order, _ in CHOSEN.values()], ids=CHOSEN)
async def test_whatever_feeds_the_canary_needs_the_object(cluster: Cluster, order: SetWeight) -> None:
    """At weight 0 too; found by the patch, and found by the store."""
    cluster.somebody_deletes()
    for _ in range(2):
        with pytest.raises(Gone):
            await cluster.set(order)
        assert cluster.copy is None


async def test_a_rollback_lands_on_any_version(cluster: Cluster) -> None:
    """Other writers can't make it try again, and their edits stay."""
    await cluster.set(a_weight(25))
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(a_label)
    await cluster.set(rolled_back())
    assert cluster.writes == 2
    assert cluster.rules == [a_split(cluster.kind, 100, 0, name="primary")]
    assert cluster.live["metadata"]["labels"] == {"team": "payments"}


@each_choice
async def test_whatever_feeds_the_canary_goes_in_the_very_patch_of_a_rollback(
    cluster: Cluster, order: SetWeight, trace: str
) -> None:
    """Testers, a bucket, cookies, copies: one write, which lands on any version, and nobody has the canary any more."""
    await cluster.set(order)
    assert (await cluster.look()).feeds
    assert trace in str(cluster.rules).lower()
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(a_label)
    await cluster.set(rolled_back())
    assert cluster.writes == 2
    assert cluster.rules == [a_split(cluster.kind, 100, 0, name="primary")]
    found = await cluster.look()
    assert (found.feeds, found.matched, found.lost) == (False, (), ())
    assert cluster.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_rollback_of_a_reversed_run_is_one_patch_too(cluster: Cluster) -> None:
    """All traffic back to the canary's pods, which are the old ones then, and no cookie."""
    await cluster.set(a_stage(percents(5, 20), 2, swapped=True))
    assert "set-cookie" in str(cluster.rules).lower()
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(a_label)
    await cluster.set(a_weight(100, Purpose.ROLL_BACK, reversed=True))
    assert cluster.writes == 2
    assert cluster.rules == [a_split(cluster.kind, 0, 100, name="primary")]


async def test_a_rollback_never_lands_on_another_rule(cluster: Cluster) -> None:
    """Somebody moved our rule meanwhile: read again, and the next try finds it."""
    target, first = cluster.kind.target("primary"), a_split(cluster.kind, 1, 1, name="first")
    await cluster.set(a_weight(25), target)
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(
        lambda body: body["spec"][cluster.kind.rules].insert(0, first)
    )
    with pytest.raises(Conflict):
        await cluster.set(rolled_back(), target)
    await cluster.set(rolled_back(), target)
    assert cluster.rules == [first, a_split(cluster.kind, 100, 0, name="primary")]


async def test_a_rollback_keeps_annotations_that_appear_meanwhile(kind: Kind) -> None:
    """Where there was none, ours would replace the whole map: then, and only then, the version is tested."""
    cluster = Cluster(kind).holding(a_split(kind, 3, 1))

    def annotate(body: Any) -> None:
        body["metadata"]["annotations"] = {"theirs": "1"}

    cluster.kubernetes.before_write = lambda: cluster.somebody_else(annotate)
    with pytest.raises(Conflict):
        await cluster.set(rolled_back())
    await cluster.set(rolled_back())
    assert cluster.live["metadata"]["annotations"]["theirs"] == "1"
    assert await cluster.share() == 0


@pytest.mark.parametrize("there_before", [True, False])
async def test_a_rollback_does_not_undo_another_rollouts_record(shared: Cluster, *, there_before: bool) -> None:
    """Its entry stands in the same value, so the value is tested, even if ours was alone in it when it was read."""
    one, two = shared.kind.target("primary"), shared.kind.target("cart", name="cart")
    await shared.set(a_weight(5), one)
    if there_before:
        await shared.set(a_weight(5), two)
    stale = replace(shared, store=MemoryObjects(dict(shared.store.bodies)))
    await shared.set(a_weight(25), two)
    with pytest.raises(Conflict):
        await stale.set(rolled_back(), one)
    await stale.set(rolled_back(), one)
    found = await stale.look(two)
    assert found.record is not None
    assert (found.share, found.record.weight) == (Fraction(1, 4), Fraction(1, 4))


async def test_a_rollback_does_not_wait_for_the_first_list(cluster: Cluster) -> None:
    """A process that has just started asks the API server for the one object."""
    await cluster.set(a_weight(25))
    fresh = replace(cluster, store=MemoryObjects(listed=False))
    await fresh.set(rolled_back())
    assert cluster.rules == [a_split(cluster.kind, 100, 0, name="primary")]


async def test_what_is_gone_needs_no_rollback_and_no_restore(cluster: Cluster) -> None:
    """Deleted since the last watch event: success, and the store forgets it."""
    await cluster.set(a_weight(25))
    cluster.kubernetes.before_write = cluster.somebody_deletes
    await cluster.set(rolled_back())
    assert cluster.copy is None
    await cluster.set(rolled_back())
    await cluster.set(a_weight(0, Purpose.RELEASE))
    await cluster.restore()


async def test_what_was_deleted_and_created_again_is_decided_on_anew(cluster: Cluster) -> None:
    """A patch that finds nothing is no success while a new object may send to the canary."""

    def absent_for_a_moment() -> None:
        raise Gone("deleted just now, and created again just after")

    await cluster.set(a_weight(25))
    cluster.kubernetes.before_write = absent_for_a_moment
    with pytest.raises(Conflict) as caught:
        await cluster.set(rolled_back())
    assert not isinstance(caught.value, Gone)


async def test_a_restore_over_somebodys_edit_is_a_conflict(cluster: Cluster) -> None:
    """It is tried again on the object as it is then."""
    before = cluster.live["spec"]
    await cluster.set(a_weight(25))
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(a_label)
    with pytest.raises(Conflict):
        await cluster.restore()
    await cluster.restore()
    assert cluster.live["spec"] == before
    assert cluster.live["metadata"]["annotations"] == {"theirs": "1"}
    assert cluster.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_restore_of_what_was_just_deleted_is_done(cluster: Cluster) -> None:
    """The deletion is found by the patch itself."""
    await cluster.set(a_weight(25))
    cluster.kubernetes.before_write = cluster.somebody_deletes
    await cluster.restore()
    assert cluster.copy is None


@pytest.mark.parametrize("error", [Unavailable("no answer"), Refused("the webhook said no")])
async def test_errors_of_the_outside_pass_through(cluster: Cluster, error: CanaryError) -> None:
    """Nothing is put into the store, and nothing is read again."""

    def fail() -> None:
        raise error

    before = cluster.copy
    cluster.kubernetes.before_write = fail
    with pytest.raises(type(error)):
        await cluster.set(a_weight(5))
    assert cluster.copy is before
    assert [call.verb for call in cluster.kubernetes.calls] == ["patch"]


@pytest.mark.parametrize(
    ("order", "guard"),
    [
        (a_weight(50), "/metadata/resourceVersion"),
        (a_weight(0, Purpose.RELEASE), "/metadata/resourceVersion"),
        (rolled_back(), "/metadata/annotations/canary-operator.dev~1route"),
    ],
)
async def test_what_a_patch_tests(cluster: Cluster, order: SetWeight, guard: str) -> None:
    """A rollback tests our annotation, the rule's name and both destinations; everything else the version."""
    await cluster.set(a_weight(25))
    await cluster.set(order)
    paths = [each["path"] for each in cluster.kubernetes.writes[-1].operations if each["op"] == "test"]
    called = [path if path.startswith("/metadata") else path.rpartition("/")[2] for path in paths]
    assert called == [guard, "name", cluster.kind.identity, cluster.kind.identity]
