from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.operator.references import Reference
from canary_operator.operator.store import Store
from canary_operator.providers.resources import DEPLOYMENTS, HTTP_ROUTES, ROLLOUTS, VIRTUAL_SERVICES, WATCHED
from tests.operator.bodies import SPEC, a_body, a_deployment, a_rollout, a_virtual_service

UID = "checkout-uid"


class Told(list[str]):
    def taken(self) -> list[str]:
        told, self[:] = list(self), []
        return told


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store(told: Told) -> Store:
    return Store(changed=told.append)


@pytest.fixture
def synced(store: Store) -> Store:
    for resource in WATCHED:
        store.complete(resource, {})
    return store


def test_a_rollout_that_is_new_or_changed_is_told(store: Store, told: Told) -> None:
    """Each event with news calls for one pass; the same copy again calls for none."""
    store.observe(ROLLOUTS, a_rollout(version=1))
    store.observe(ROLLOUTS, a_rollout(version=1))
    store.observe(ROLLOUTS, a_rollout(version=2))
    assert told == [UID, UID]


def test_our_own_write_calls_for_no_pass(store: Store, told: Told) -> None:
    """Neither when its answer is put, nor when the watch brings it."""
    store.observe(ROLLOUTS, a_rollout(version=1))
    told.clear()
    store.put(ROLLOUTS, a_rollout(version=2))
    store.observe(ROLLOUTS, a_rollout(version=2))
    assert told == []


def test_a_stale_event_does_not_undo_our_write(store: Store) -> None:
    """What we wrote stays, until somebody writes something newer."""
    store.put(ROLLOUTS, a_rollout(version=7, status={"revision": 3}))
    store.observe(ROLLOUTS, a_rollout(version=6, status={"revision": 2}))
    assert store.status(UID).revision == 3


def test_a_spec_is_parsed_once_for_each_generation(store: Store) -> None:
    """Status writes, of which there are many, cost no parsing."""
    store.observe(ROLLOUTS, a_rollout(version=1))
    first = store.spec(UID)
    store.observe(ROLLOUTS, a_rollout(version=2))
    assert store.spec(UID) is first
    store.observe(ROLLOUTS, a_rollout(version=3, metadata={"generation": 2}))
    assert store.spec(UID) is not first


def test_a_spec_that_cannot_be_read_is_a_problem(store: Store) -> None:
    """It names the field and what stands there."""
    spec = {**SPEC, "stages": [{"weight": "lots", "duration": "1m"}]}
    store.observe(ROLLOUTS, a_rollout(spec=spec))
    problem = store.spec(UID)
    assert isinstance(problem, Problem)
    assert problem.reason == reasons.INVALID_SPEC
    assert "spec.stages[0].weight" in problem.message
    assert "lots" in problem.message


def test_a_corrupt_status_begins_anew(store: Store) -> None:
    """The number of our next write goes on from what stands there."""
    store.observe(ROLLOUTS, a_rollout(status={"revision": 12, "state": "Nonsense"}))
    assert store.status(UID).revision == 12
    assert store.status(UID).run is None
    (told,) = store.status(UID).conditions
    assert told.reason == reasons.CORRUPT_STATUS
    assert "state is 'Nonsense'" in told.message


def test_events_of_objects_concern_the_rollouts_that_refer_to_them(synced: Store, told: Told) -> None:
    """The Deployment, the canary beside it, and the route."""
    synced.observe(ROLLOUTS, a_rollout())
    told.clear()
    synced.observe(DEPLOYMENTS, a_deployment("checkout"))
    synced.observe(DEPLOYMENTS, a_deployment("checkout-canary"))
    synced.observe(VIRTUAL_SERVICES, a_virtual_service("shop"))
    assert told.taken() == [UID] * 3
    synced.observe_deletion(DEPLOYMENTS, a_deployment("checkout-canary", version=9))
    assert told == [UID]
    assert synced.get(DEPLOYMENTS, "shop", "checkout-canary") is None


def test_events_of_an_http_route_concern_the_rollouts_that_split_it(synced: Store, told: Told) -> None:
    """A VirtualService of the same name is none of theirs."""
    traffic = {"gatewayAPI": {"httpRoutes": [{"name": "shop"}]}, "stableService": "checkout"}
    synced.observe(ROLLOUTS, a_rollout(spec={**SPEC, "traffic": traffic}))
    told.clear()
    synced.observe(HTTP_ROUTES, a_body(HTTP_ROUTES, "shop"))
    synced.observe(VIRTUAL_SERVICES, a_virtual_service("shop"))
    assert told == [UID]
    assert synced.get(HTTP_ROUTES, "shop", "shop") is not None


def test_a_kind_that_is_not_served_is_known_to_be_so(store: Store) -> None:
    """Until it is, and was listed."""
    assert store.served(HTTP_ROUTES)
    store.lost(HTTP_ROUTES)
    assert not store.served(HTTP_ROUTES)
    store.complete(HTTP_ROUTES, {})
    assert store.served(HTTP_ROUTES)


def test_foreign_objects_are_not_kept(synced: Store, told: Told) -> None:
    """The memory is that of our rollouts and not that of the cluster."""
    synced.observe(DEPLOYMENTS, a_deployment("other"))
    assert synced.get(DEPLOYMENTS, "shop", "other") is None
    assert told == []


def test_a_list_that_is_complete_tells_what_is_absent(store: Store) -> None:
    """Rollouts are read first; of what they refer to, nothing needs to be asked for again."""
    store.observe(ROLLOUTS, a_rollout())
    store.complete(ROLLOUTS, {("shop", "checkout"): 1})
    store.observe(DEPLOYMENTS, a_deployment("checkout"))
    assert not store.synced(DEPLOYMENTS)
    store.complete(DEPLOYMENTS, {("shop", "checkout"): 1})
    store.complete(VIRTUAL_SERVICES, {})
    assert store.get(DEPLOYMENTS, "shop", "checkout") is not None
    assert store.unread(UID) == ()


def test_an_object_that_was_listed_before_its_rollout_came_is_unread(store: Store) -> None:
    """The page went by while nobody asked for it: it is not taken for absent."""
    store.observe(DEPLOYMENTS, a_deployment("checkout"))
    store.observe(ROLLOUTS, a_rollout())
    store.complete(DEPLOYMENTS, {("shop", "checkout"): 1})
    assert store.unread(UID) == (Reference(DEPLOYMENTS, "shop", "checkout"),)


def test_a_later_reference_must_be_read_first(synced: Store) -> None:
    """An object that was seen and dropped before its rollout came is never reported as absent."""
    synced.observe(VIRTUAL_SERVICES, a_virtual_service("shop"))
    synced.observe(ROLLOUTS, a_rollout())
    assert Reference(VIRTUAL_SERVICES, "shop", "shop") in synced.unread(UID)
    synced.settle(VIRTUAL_SERVICES, a_virtual_service("shop"), ("shop", "shop"), None)
    synced.settle(DEPLOYMENTS, None, ("shop", "checkout"), None)
    synced.settle(DEPLOYMENTS, None, ("shop", "checkout-canary"), None)
    assert synced.unread(UID) == ()
    assert synced.get(VIRTUAL_SERVICES, "shop", "shop") is not None


def test_an_object_is_forgotten_with_its_last_rollout(synced: Store, told: Told) -> None:
    """And the rollout that is gone is told once more, so that its memory may be tidied up."""
    synced.observe(ROLLOUTS, a_rollout("one"))
    synced.observe(ROLLOUTS, a_rollout("two"))
    synced.observe(VIRTUAL_SERVICES, a_virtual_service())
    synced.observe_deletion(ROLLOUTS, a_rollout("one", version=8))
    assert synced.get(VIRTUAL_SERVICES, "shop", "shop") is not None
    told.clear()
    synced.observe_deletion(ROLLOUTS, a_rollout("two", version=9))
    assert synced.get(VIRTUAL_SERVICES, "shop", "shop") is None
    assert told == ["two-uid"]
    assert list(synced.uids()) == []


def test_the_write_that_releases_a_deleted_rollout_ends_it(store: Store) -> None:
    """Its answer may arrive after the deletion was told, and must not bring it back."""
    gone: dict[str, Any] = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": []}}
    store.observe(ROLLOUTS, a_rollout(version=1))
    store.put(ROLLOUTS, a_rollout(version=2, **gone))
    assert store.body(UID) is None
    store.observe(ROLLOUTS, a_rollout(version=1))
    assert store.body(UID) is None


def test_a_rollout_made_again_under_its_name_is_another(store: Store, told: Told) -> None:
    """The first one is gone, even when nobody said so."""
    store.observe(ROLLOUTS, a_rollout(version=1))
    store.observe(ROLLOUTS, a_rollout(version=5, uid="second"))
    assert list(store.uids()) == ["second"]
    assert told == [UID, UID, "second"]


def test_a_spec_edit_changes_what_is_referred_to(synced: Store, told: Told) -> None:
    """Events of the object that is no longer meant concern nobody."""
    synced.observe(ROLLOUTS, a_rollout())
    spec = {**SPEC, "workload": {"deploymentRef": {"name": "basket"}}}
    synced.observe(ROLLOUTS, a_rollout(version=2, spec=spec, metadata={"generation": 2}))
    told.clear()
    synced.observe(DEPLOYMENTS, a_deployment("checkout"))
    assert told == []
    synced.observe(DEPLOYMENTS, a_deployment("basket"))
    assert told == [UID]


def test_the_sweep_finds_ghosts_strangers_and_old_copies(synced: Store) -> None:
    """Everything on which the API server and we disagree, and nothing else."""
    for name, version in (("same", 1), ("old", 1), ("ghost", 1)):
        synced.observe(ROLLOUTS, a_rollout(name, version=version))
    listed = {("shop", "same"): 1, ("shop", "old"): 2, ("shop", "stranger"): 1}
    assert set(synced.doubtful(ROLLOUTS, listed)) == {("shop", "old"), ("shop", "ghost"), ("shop", "stranger")}


def test_the_sweep_looks_only_at_objects_that_are_referred_to(synced: Store) -> None:
    """The other Deployments of the cluster are none of our business."""
    synced.observe(ROLLOUTS, a_rollout())
    listed = {("shop", "checkout"): 4, ("shop", "other"): 4}
    assert synced.doubtful(DEPLOYMENTS, listed) == [("shop", "checkout")]


def test_an_object_that_comes_while_it_is_asked_for_stays(synced: Store) -> None:
    """That there was none is said of the time before; nothing would ever bring it again."""
    synced.observe(ROLLOUTS, a_rollout())
    synced.observe(VIRTUAL_SERVICES, a_virtual_service())
    synced.settle(VIRTUAL_SERVICES, None, ("shop", "shop"), None)
    synced.drop(VIRTUAL_SERVICES, "shop", "shop", None)
    assert synced.get(VIRTUAL_SERVICES, "shop", "shop") is not None


def test_another_one_of_the_same_name_stays_too(synced: Store) -> None:
    """The first was deleted and the second made while the API server answered; of the first it may be said."""
    synced.observe(ROLLOUTS, a_rollout())
    first, second = a_deployment(uid="first"), a_deployment(uid="second", version=5)
    synced.observe(DEPLOYMENTS, second)
    synced.settle(DEPLOYMENTS, None, ("shop", "checkout"), first)
    synced.drop(DEPLOYMENTS, "shop", "checkout", first)
    assert synced.get(DEPLOYMENTS, "shop", "checkout") == second
    synced.drop(DEPLOYMENTS, "shop", "checkout", second)
    assert synced.get(DEPLOYMENTS, "shop", "checkout") is None


def test_what_the_sweep_settles_is_told(synced: Store, told: Told) -> None:
    """A deletion that no watch reported, and a change that none brought."""
    synced.observe(ROLLOUTS, a_rollout())
    synced.observe(DEPLOYMENTS, a_deployment())
    told.clear()
    synced.settle(DEPLOYMENTS, a_deployment(version=2), ("shop", "checkout"), a_deployment())
    synced.settle(DEPLOYMENTS, None, ("shop", "checkout"), a_deployment(version=2))
    synced.settle(ROLLOUTS, None, ("shop", "checkout"), a_rollout())
    assert told == [UID, UID, UID]
    assert synced.body(UID) is None


def test_absence_means_nothing_while_a_kind_is_not_served(synced: Store) -> None:
    """A definition that is taken away says nothing about its objects."""
    assert synced.synced(VIRTUAL_SERVICES)
    synced.lost(VIRTUAL_SERVICES)
    assert not synced.synced(VIRTUAL_SERVICES)
    synced.observe(ROLLOUTS, a_rollout())
    assert all(reference.resource != VIRTUAL_SERVICES for reference in synced.unread(UID))


def test_nobody_needs_the_field_owners_of_a_rollout(store: Store) -> None:
    """They are half of its size."""
    store.observe(ROLLOUTS, a_rollout(metadata={"managedFields": [{"manager": "kubectl"}]}))
    body = store.body(UID)
    assert body is not None
    assert "managedFields" not in body["metadata"]


def test_an_event_of_any_of_its_virtual_services_calls_for_a_pass(synced: Store, told: Told) -> None:
    """And all of them are kept."""
    istio = {"virtualServices": [{"name": "shop"}, {"name": "mesh"}]}
    synced.observe(ROLLOUTS, a_rollout(spec={**SPEC, "traffic": {**SPEC["traffic"], "istio": istio}}))
    for name in ("shop", "mesh"):
        told.clear()
        synced.observe(VIRTUAL_SERVICES, a_virtual_service(name, version=2))
        assert told == [UID]
        assert synced.get(VIRTUAL_SERVICES, "shop", name) is not None


def test_whoever_is_delegated_to_hears_of_it(synced: Store, told: Told) -> None:
    """The root is nobody's reference, and is known all the same; also when it is deleted, or missing in a list."""
    root = a_virtual_service("edge", spec={"http": [{"delegate": {"name": "shop"}}]})
    synced.observe(ROLLOUTS, a_rollout())
    told.clear()
    assert synced.roots("shop", "shop") == ()
    synced.observe(VIRTUAL_SERVICES, root)
    assert synced.roots("shop", "shop") == ("shop/edge",)
    synced.observe_deletion(VIRTUAL_SERVICES, root)
    assert synced.roots("shop", "shop") == ()
    synced.observe(VIRTUAL_SERVICES, root)
    synced.complete(VIRTUAL_SERVICES, {("shop", "shop"): 1})
    assert synced.roots("shop", "shop") == ()
    assert told == [UID] * 4


def test_a_root_in_a_namespace_that_is_not_watched_may_exist(told: Told) -> None:
    """Only one that is seen says anything."""
    store = Store(changed=told.append, everywhere=False)
    assert store.roots("shop", "shop") is None
    store.observe(VIRTUAL_SERVICES, a_virtual_service("edge", spec={"http": [{"delegate": {"name": "shop"}}]}))
    assert store.roots("shop", "shop") == ("shop/edge",)


def test_a_route_has_a_rival_as_long_as_its_kind_is_served(store: Store, told: Told) -> None:
    """Both come and go by the watch; a kind that is not served any more has no routes."""
    parents = [{"kind": "Service", "name": "checkout"}]
    store.observe(ROLLOUTS, a_rollout())
    store.observe(VIRTUAL_SERVICES, a_virtual_service("shop", spec={"hosts": ["checkout"]}))
    told.clear()
    store.observe(HTTP_ROUTES, a_body(HTTP_ROUTES, "other", spec={"parentRefs": parents}))
    assert [str(rival) for rival in store.rivals(VIRTUAL_SERVICES, "shop", "shop")] == ["HTTPRoute shop/other"]
    store.lost(HTTP_ROUTES)
    assert store.rivals(VIRTUAL_SERVICES, "shop", "shop") == ()
    assert told == [UID] * 2
