"""The workload port on an API server in memory; with real controllers it is in tests/integration."""

from dataclasses import replace
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, Pause, RemoveCanary, Unpause
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Fault, Missing, Problem, Unknown
from canary_operator.errors import Conflict, Gone, InvalidCanary, Unavailable
from canary_operator.providers.resources import DEPLOYMENTS, ENDPOINT_SLICES, PODS, SERVICES
from canary_operator.providers.workloads.endpoints import SERVICE_NAME
from canary_operator.providers.workloads.marks import MANAGED_BY, REVISION, our_labels
from canary_operator.providers.workloads.revision import revision_of
from tests.doubles.shop import a_deployment, a_service, a_target, a_template, traffic_only
from tests.providers.workloads.shop import MARKED, Body, Shop

V1 = revision_of(a_template())
V2_TEMPLATE = a_template("shop/checkout:v2")
V2 = revision_of(V2_TEMPLATE)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def a_canary(revision: str = V2, replicas: int = 2, *, ours: bool = True, **status: Any) -> Body:
    labels = {"app": "checkout-canary"}
    body = a_deployment(a_template(labels=labels), replicas=replicas, annotations={REVISION: revision}, status=status)
    body["metadata"] |= {"name": "checkout-canary", "uid": "uid-canary"}
    return {**body, "metadata": {**body["metadata"], "labels": our_labels(a_target()) if ours else {}}}


def a_slice(service: str, ready: int) -> Body:
    endpoints = [{"addresses": [f"10.1.0.{number}"], "conditions": {"ready": True}} for number in range(ready)]
    metadata = {"name": f"{service}-x", "namespace": "shop", "labels": {SERVICE_NAME: service}}
    return {"metadata": metadata, "endpoints": endpoints}


async def test_a_pass_over_an_adopted_deployment_costs_no_call(shop: Shop) -> None:
    """After the first look of a revision everything comes from the store."""
    shop.adopted()
    shop.has(DEPLOYMENTS, a_canary())
    await shop.workloads.look_stable(shop.target)
    shop.cluster.calls.clear()
    facts = await shop.workloads.look_stable(shop.target)
    assert isinstance(facts, DeploymentFacts)
    assert (facts.revision, facts.adopted, facts.rolled_out) == (V1, True, True)
    assert await shop.workloads.look_canary(shop.target, pods=False) == CanaryFacts(V2, replicas=2, ready=2)
    assert shop.cluster.calls == []


async def test_what_is_not_there_is_a_value(shop: Shop) -> None:
    """No Deployment, no canary, a canary of somebody else's: each is an answer."""
    assert await shop.workloads.look_stable(shop.target) == Missing("Deployment checkout")
    assert isinstance(await shop.workloads.look_canary(shop.target, pods=True), Missing)
    shop.has(DEPLOYMENTS, a_canary(ours=False))
    assert isinstance(await shop.workloads.look_canary(shop.target, pods=True), Missing)


async def test_before_the_first_list_absence_means_nothing(shop: Shop) -> None:
    """Nothing is missing and nothing is done until the store is complete."""
    shop.objects.listed = False
    assert isinstance(await shop.workloads.look_stable(shop.target), Unknown)
    assert isinstance(await shop.workloads.look_canary(shop.target, pods=False), Unknown)
    for action in (Adopt(), Abandon(unpause=True), Pause(V1), Unpause(V1), EnsureCanary(V1, 1), RemoveCanary()):
        with pytest.raises(Unavailable):
            await shop.workloads.perform(shop.target, action)
    assert shop.cluster.writes == []


async def test_silence_is_unknown(shop: Shop) -> None:
    """An API server that does not answer never raises out of a look."""
    shop.has(DEPLOYMENTS, a_deployment())
    shop.has(DEPLOYMENTS, a_canary())
    shop.cluster.silent = True
    assert await shop.workloads.look_stable(shop.target) == Unknown("no answer")
    assert await shop.workloads.look_canary(shop.target, pods=True) == Unknown("no answer")
    assert await shop.workloads.look_endpoints(shop.target) == Unknown("no answer")


async def test_problems_are_looked_for_until_adopted(shop: Shop) -> None:
    """A Deployment that we already run canaries for is not refused in the middle of them."""
    shop.has(DEPLOYMENTS, a_deployment(paused=True))
    problem = await shop.workloads.look_stable(shop.target)
    assert isinstance(problem, Problem)
    assert problem.reason == reasons.ADOPTION_REFUSED
    shop.adopted(paused=True)
    assert isinstance(await shop.workloads.look_stable(shop.target), DeploymentFacts)


async def test_pods_are_asked_for_their_complaints(shop: Shop) -> None:
    """Only the canary's own pods, and only when asked."""
    shop.has(DEPLOYMENTS, a_canary(readyReplicas=0))
    refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}
    for name, app in (("mine", "checkout-canary"), ("theirs", "checkout")):
        metadata = {"name": name, "namespace": "shop", "labels": {"app": app}}
        shop.has(PODS, {"metadata": metadata, "status": {"conditions": [refused]}})
    facts = await shop.workloads.look_canary(shop.target, pods=True)
    assert isinstance(facts, CanaryFacts)
    assert facts.trouble is not None
    assert facts.trouble.fault is Fault.CLUSTER
    assert facts.trouble.message == "pod mine: Unschedulable: no room"


async def test_endpoints_of_both_services_are_counted(shop: Shop) -> None:
    """A canary has at most as many as its own Deployment knows to be ready: others are of a canary before it."""
    shop.has(ENDPOINT_SLICES, a_slice("checkout", 3))
    shop.has(ENDPOINT_SLICES, a_slice("checkout-canary", 2))
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=3, canary=0)
    shop.has(DEPLOYMENTS, a_canary(readyReplicas=1))
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=3, canary=1)
    shop.has(DEPLOYMENTS, a_canary(readyReplicas=5))
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=3, canary=2)


async def test_the_service_of_canary_matches_needs_the_canarys_pods(shop: Shop) -> None:
    """It is the user's, so it has to exist, and to select those pods before anybody is sent through it."""
    traffic = shop.target.spec.traffic.model_copy(update={"match_service": "testers"})
    target = replace(shop.target, spec=shop.target.spec.model_copy(update={"traffic": traffic}))
    shop.has(ENDPOINT_SLICES, a_slice("checkout", 3))
    missing = await shop.workloads.look_endpoints(target)
    assert missing == Problem(reasons.SERVICE_NOT_FOUND, "there is no Service testers; create it")
    shop.has(SERVICES, a_service("testers"))
    assert await shop.workloads.look_endpoints(target) == Endpoints(stable=3, canary=0)
    shop.has(ENDPOINT_SLICES, a_slice("checkout-canary", 2))
    shop.has(DEPLOYMENTS, a_canary(readyReplicas=2))
    unlike = await shop.workloads.look_endpoints(target)
    assert isinstance(unlike, Problem)
    assert unlike.reason == reasons.SERVICE_UNSUPPORTED
    shop.has(ENDPOINT_SLICES, a_slice("testers", 2))
    assert await shop.workloads.look_endpoints(target) == Endpoints(stable=3, canary=2)


async def test_without_a_workload_only_endpoints_are_looked_at(shop: Shop) -> None:
    """Somebody else scales; a Service that does not exist is the user's to make."""
    target = traffic_only(shop.target)
    assert await shop.workloads.look_stable(target) is None
    assert await shop.workloads.look_canary(target, pods=True) is None
    shop.has(ENDPOINT_SLICES, a_slice("checkout", 3))
    missing = await shop.workloads.look_endpoints(target)
    assert missing == Problem(reasons.SERVICE_NOT_FOUND, "there is no Service checkout-canary; create it")
    shop.has(SERVICES, a_service("checkout-canary"))
    assert await shop.workloads.look_endpoints(target) == Endpoints(stable=3, canary=0)
    await shop.workloads.perform(target, Abandon(unpause=True))
    assert shop.cluster.writes == []


async def test_adoption_makes_the_service_and_then_the_mark(shop: Shop) -> None:
    """The mark says that everything before it is done; adopting again writes nothing."""
    shop.has(DEPLOYMENTS, a_deployment())
    await shop.workloads.perform(shop.target, Adopt())
    assert [(call.verb, call.name) for call in shop.cluster.writes] == [
        ("create", "checkout-canary"),
        ("patch", "checkout"),
    ]
    facts = await shop.workloads.look_stable(shop.target)
    assert isinstance(facts, DeploymentFacts)
    assert facts.adopted
    await shop.workloads.perform(shop.target, Adopt())
    assert len(shop.cluster.writes) == 2


async def test_a_canary_service_of_the_users_is_used(shop: Shop) -> None:
    """It is neither changed nor removed."""
    shop.has(DEPLOYMENTS, a_deployment())
    theirs = shop.has(SERVICES, a_service("checkout-canary", {"app": "checkout-canary"}))
    await shop.workloads.perform(shop.target, Adopt())
    await shop.workloads.perform(shop.target, Abandon(unpause=True))
    assert shop.present("checkout-canary", SERVICES) == theirs


async def test_what_cannot_be_adopted_is_not_touched(shop: Shop) -> None:
    """A problem that came since the look ends the adoption before its first write."""
    shop.has(DEPLOYMENTS, a_deployment(annotations={MANAGED_BY: "shop/other"}))
    with pytest.raises(InvalidCanary) as error:
        await shop.workloads.perform(shop.target, Adopt())
    assert error.value.reason == reasons.ADOPTION_REFUSED
    assert shop.cluster.writes == []


@pytest.mark.parametrize(
    ("action", "paused"), [(Pause(V1), False), (Unpause(V1), True), (Adopt(), False), (Abandon(unpause=True), True)]
)
async def test_a_write_applies_to_the_copy_it_was_computed_from(
    shop: Shop, action: Pause | Unpause | Adopt | Abandon, *, paused: bool
) -> None:
    """Somebody else wrote in between: nothing happens, and the store then has what they wrote."""
    annotations = None if isinstance(action, Adopt) else MARKED
    shop.has(DEPLOYMENTS, a_deployment(annotations=annotations, paused=paused))
    shop.has(SERVICES, a_service("checkout-canary", {"app": "checkout-canary"}))
    shop.somebody(template=V2_TEMPLATE)
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, action)
    present = shop.present()
    assert present is not None
    assert present["spec"]["paused"] is paused
    assert shop.objects.get(DEPLOYMENTS, "shop", "checkout") == present


@pytest.mark.parametrize("action", [Pause(V1), Unpause(V1)])
async def test_only_the_revision_that_was_decided_on_is_let_through(shop: Shop, action: Pause | Unpause) -> None:
    """A template that is already known to be another is a conflict before any write."""
    shop.adopted(V2_TEMPLATE)
    with pytest.raises(Conflict, match=V1):
        await shop.workloads.perform(shop.target, action)
    assert shop.cluster.writes == []


async def test_pausing_twice_writes_once(shop: Shop) -> None:
    """Every action finds itself done."""
    shop.adopted()
    for action in (Pause(V1), Pause(V1), Unpause(V1), Unpause(V1)):
        await shop.workloads.perform(shop.target, action)
    assert len(shop.cluster.writes) == 2


async def test_a_canary_is_made_and_scaled(shop: Shop) -> None:
    """Made once, patched only where its size differs, and known to the store at once."""
    shop.adopted(V2_TEMPLATE)
    for replicas in (1, 1, 3):
        await shop.workloads.perform(shop.target, EnsureCanary(V2, replicas))
    verbs = [(call.verb, call.plural) for call in shop.cluster.writes]
    assert verbs == [("create", "services"), ("create", "deployments"), ("patch", "deployments")]
    facts = await shop.workloads.look_canary(shop.target, pods=False)
    assert facts == CanaryFacts(V2, replicas=3, ready=0)


async def test_the_canary_service_follows_stables(shop: Shop) -> None:
    """Stable's Service got another port since the adoption: ours gets it before the canary gets pods."""
    shop.adopted(V2_TEMPLATE)
    stale = {**a_service("checkout-canary", {"app": "checkout-canary"}), "metadata": a_canary()["metadata"]}
    shop.has(SERVICES, stale)
    shop.has(SERVICES, a_service(ports=[{"name": "http", "port": 8080}]))
    await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    service = shop.present("checkout-canary", SERVICES)
    assert service is not None
    assert service["spec"]["ports"] == [{"name": "http", "port": 8080}]
    assert [(call.verb, call.plural) for call in shop.cluster.writes] == [
        ("patch", "services"),
        ("create", "deployments"),
    ]


async def test_a_canary_is_made_only_from_the_template_that_was_decided_on(shop: Shop) -> None:
    """The Deployment has another one by now: decide again."""
    shop.adopted(V2_TEMPLATE)
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, EnsureCanary(V1, 1))
    assert shop.cluster.writes == []


async def test_a_canary_of_another_revision_goes_first(shop: Shop) -> None:
    """It is deleted, and the next pass makes the new one."""
    shop.adopted(V2_TEMPLATE)
    shop.has(DEPLOYMENTS, a_canary(revision=V1))
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    assert shop.present("checkout-canary") is None
    await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    made = shop.present("checkout-canary")
    assert made is not None
    assert made["metadata"]["annotations"][REVISION] == V2


async def test_a_canary_waits_for_the_pods_of_the_one_before(shop: Shop) -> None:
    """Pods that nobody has told to stop would take the new canary's requests; leaving ones do not."""
    shop.adopted(V2_TEMPLATE)
    metadata = {"name": "old", "namespace": "shop", "labels": {"app": "checkout-canary"}}
    shop.has(PODS, {"metadata": metadata})
    with pytest.raises(Conflict, match="canary before"):
        await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    shop.has(PODS, {"metadata": {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}})
    await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))


async def test_a_canary_that_is_being_removed_is_waited_for(shop: Shop) -> None:
    """It is not scaled, and no second one is made beside it."""
    shop.adopted(V2_TEMPLATE)
    leaving = a_canary()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    shop.has(DEPLOYMENTS, leaving)
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, EnsureCanary(V2, 5))
    assert shop.cluster.writes == []


async def test_a_foreign_canary_is_refused_and_kept(shop: Shop) -> None:
    """Also one that the store had not heard of: the name is taken, then known, then refused."""
    shop.adopted(V2_TEMPLATE)
    shop.cluster.seed(DEPLOYMENTS, a_canary(ours=False))
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    with pytest.raises(InvalidCanary, match="Deployment checkout-canary") as error:
        await shop.workloads.perform(shop.target, EnsureCanary(V2, 1))
    assert error.value.reason == reasons.CANARY_NAME_TAKEN
    await shop.workloads.perform(shop.target, RemoveCanary())
    assert shop.present("checkout-canary") is not None


async def test_a_release_that_cannot_run_twice_is_refused(shop: Shop) -> None:
    """The new template takes a port of the node."""
    template = a_template("shop/checkout:v2")
    template["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 80}]
    shop.adopted(template)
    with pytest.raises(InvalidCanary, match="hostPort"):
        await shop.workloads.perform(shop.target, EnsureCanary(revision_of(template), 1))


async def test_removing_a_canary_twice_is_fine(shop: Shop) -> None:
    """Gone from the cluster, from the store, or from both."""
    shop.has(DEPLOYMENTS, a_canary())
    for _ in range(2):
        await shop.workloads.perform(shop.target, RemoveCanary())
        assert shop.present("checkout-canary") is None
    shop.objects.put(DEPLOYMENTS, a_canary())
    await shop.workloads.perform(shop.target, RemoveCanary())
    assert shop.objects.get(DEPLOYMENTS, "shop", "checkout-canary") is None


async def test_giving_back_removes_what_is_ours(shop: Shop) -> None:
    """Mark, pause and Service; done already, or without a Deployment, it is done."""
    shop.has(DEPLOYMENTS, a_deployment())
    await shop.workloads.perform(shop.target, Adopt())
    for _ in range(2):
        await shop.workloads.perform(shop.target, Abandon(unpause=True))
    present = shop.present()
    assert present is not None
    assert MANAGED_BY not in present["metadata"].get("annotations", {})
    assert shop.present("checkout-canary", SERVICES) is None
    del shop.cluster.objects["deployments", "shop", "checkout"]
    await shop.workloads.perform(shop.target, Abandon(unpause=True))
    shop.objects.drop(DEPLOYMENTS, "shop", "checkout")
    await shop.workloads.perform(shop.target, Abandon(unpause=True))


async def test_a_deployment_that_vanishes_while_it_is_given_back_is_success(shop: Shop) -> None:
    """There is nobody left to give it to."""
    shop.adopted()
    del shop.cluster.objects["deployments", "shop", "checkout"]
    await shop.workloads.perform(shop.target, Abandon(unpause=True))
    assert shop.objects.get(DEPLOYMENTS, "shop", "checkout") is None


@pytest.mark.parametrize("status", [{"updatedReplicas": 0}, {"observedGeneration": 0}], ids=["pending", "not seen"])
async def test_a_template_that_slipped_in_is_not_let_go(shop: Shop, status: Body) -> None:
    """Giving back means to unpause what runs; a template that does not, or may not, is decided on again."""
    shop.has(DEPLOYMENTS, a_deployment(annotations=MARKED, paused=True, status=status))
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, Abandon(unpause=True))
    assert shop.cluster.writes == []


@pytest.mark.parametrize("action", [Adopt(), Pause(V1), Unpause(V1), EnsureCanary(V1, 1)])
async def test_without_a_deployment_there_is_nothing_to_write(
    shop: Shop, action: Adopt | Pause | Unpause | EnsureCanary
) -> None:
    """The next look says that it is missing."""
    with pytest.raises(Gone):
        await shop.workloads.perform(shop.target, action)
