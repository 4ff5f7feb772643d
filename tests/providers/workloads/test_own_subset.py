"""The canary's subset, by the workload port on an API server in memory."""

from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, RemoveCanary
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Missing, Problem, Unknown
from canary_operator.errors import InvalidCanary, Unavailable
from canary_operator.providers.resources import DEPLOYMENTS, DESTINATION_RULES, ENDPOINT_SLICES, PODS, SERVICES
from canary_operator.providers.traffic.istio.subsets import labels_of
from canary_operator.providers.workloads import own_subset
from canary_operator.providers.workloads.endpoints import SERVICE_NAME
from canary_operator.providers.workloads.revision import revision_of
from tests.doubles.shop import a_target, a_template
from tests.providers.traffic.istio.destination_rules import CANARY, STABLE, a_rule
from tests.providers.workloads.shop import Body, Shop

LABELS = {"app": "checkout", "version": "v1"}
V2_TEMPLATE = a_template("shop/checkout:v2", labels=LABELS)
V2 = revision_of(V2_TEMPLATE)
THEIRS = {"name": "canary", "labels": {"version": "v2"}}


class SubsetShop(Shop):
    def has_rule(self, *subsets: Body) -> Body:
        """Somebody wrote it, and the watches have brought it."""
        stored = self.has(DESTINATION_RULES, a_rule(*subsets))
        self.objects.put(DESTINATION_RULES, stored)
        return stored

    @property
    def rule(self) -> Any:
        return self.present("checkout", DESTINATION_RULES)

    @property
    def canary(self) -> Any:
        return self.present("checkout-canary")

    def somebody_writes(self, *subsets: Body) -> None:
        self.has_rule(*subsets)

    async def makes(self, replicas: int = 2) -> None:
        await self.workloads.perform(self.target, EnsureCanary(V2, replicas))

    async def sees(self) -> CanaryFacts | Missing | Unknown | None:
        return await self.workloads.look_canary(self.target, pods=False)

    def has_endpoints(self, **pods: Body) -> None:
        """Pods by name with their labels, all ready, all behind the one Service."""
        for name, labels in pods.items():
            self.cluster.seed(PODS, {"metadata": {"name": name, "namespace": "shop", "labels": labels}})
        found = [{"addresses": ["10.1.0.1"], "targetRef": {"uid": f"uid-{name}"}} for name in pods]
        metadata = {"name": "checkout-x", "namespace": "shop", "labels": {SERVICE_NAME: "checkout"}}
        self.has(ENDPOINT_SLICES, {"metadata": metadata, "endpoints": found})


@pytest.fixture
def shop() -> SubsetShop:
    shop = SubsetShop(target=a_target(subsets={"destinationRule": "checkout"}))
    shop.has_rule(STABLE)
    shop.adopted(V2_TEMPLATE)
    return shop


def written(shop: Shop) -> list[tuple[str, str]]:
    return [(call.verb, call.plural) for call in shop.cluster.writes]


async def test_the_subset_comes_before_the_first_pod_and_goes_after_the_last(shop: SubsetShop) -> None:
    """The user's DestinationRule is in the end what it was, and there never is a Service of ours."""
    before = shop.rule
    await shop.makes()
    await shop.makes()
    assert written(shop) == [("patch", "destinationrules"), ("create", "deployments")]
    assert labels_of(shop.rule, "canary") == CANARY
    assert shop.canary["spec"]["selector"]["matchLabels"] == {"app": "checkout", **CANARY}
    assert shop.canary["spec"]["template"]["metadata"]["labels"].items() >= {"app": "checkout", **CANARY}.items()
    assert await shop.sees() == CanaryFacts(V2, replicas=2, ready=0)
    for _ in range(2):
        await shop.workloads.perform(shop.target, RemoveCanary())
    assert written(shop)[2:] == [("delete", "deployments"), ("patch", "destinationrules")]
    assert {**shop.rule, "metadata": {**shop.rule["metadata"], "resourceVersion": "", "generation": 0}} == {
        **before,
        "metadata": {**before["metadata"], "resourceVersion": "", "generation": 0},
    }
    assert await shop.sees() == Missing("the canary Deployment")


async def test_a_subset_of_the_users_is_used_and_kept(shop: SubsetShop) -> None:
    """The canary's pods get its labels."""
    shop.has_rule(STABLE, THEIRS)
    await shop.makes()
    await shop.workloads.perform(shop.target, RemoveCanary())
    assert written(shop) == [("create", "deployments"), ("delete", "deployments")]
    assert labels_of(shop.rule, "canary") == THEIRS["labels"]


async def test_adoption_and_its_end_make_no_service_and_no_subset(shop: SubsetShop) -> None:
    """Nothing of a run is there before one."""
    await shop.workloads.perform(shop.target, Adopt())
    await shop.workloads.perform(shop.target, Abandon(unpause=False))
    assert set(written(shop)) == {("patch", "deployments")}
    assert shop.present("checkout", SERVICES) is not None


async def test_a_kill_at_any_write_leaves_nothing_that_is_not_cleaned(shop: SubsetShop) -> None:
    """A canary of which a half is missing is one that is to be made, or to be removed."""
    nobody = CanaryFacts("", 0, 0)
    await shop.makes()
    deployment = shop.canary
    shop.cluster.objects.pop(("deployments", "shop", "checkout-canary"))
    shop.objects.drop(DEPLOYMENTS, "shop", "checkout-canary")
    assert await shop.sees() == nobody, "killed after the subset was added, or before it was removed"
    await shop.workloads.perform(shop.target, RemoveCanary())
    assert labels_of(shop.rule, "canary") is None
    shop.has(DEPLOYMENTS, deployment)
    assert await shop.sees() == CanaryFacts(V2, replicas=0, ready=0), "somebody took the subset away"
    await shop.makes()
    assert labels_of(shop.rule, "canary") == CANARY
    assert await shop.sees() == CanaryFacts(V2, replicas=2, ready=0)


async def test_the_finalizer_takes_a_subset_along_that_was_left(shop: SubsetShop) -> None:
    await shop.makes()
    await shop.workloads.perform(shop.target, Abandon(unpause=False))
    assert labels_of(shop.rule, "canary") is None
    shop.cluster.objects.pop(("destinationrules", "shop", "checkout"))
    await shop.workloads.perform(shop.target, Abandon(unpause=False))


async def test_a_rule_that_vanishes_while_it_is_given_back_is_success(shop: SubsetShop) -> None:
    await shop.makes()

    def gone() -> None:
        shop.cluster.objects.pop(("destinationrules", "shop", "checkout"), None)

    shop.objects.drop(DEPLOYMENTS, "shop", "checkout")
    shop.cluster.before_write = gone
    await shop.workloads.perform(shop.target, Abandon(unpause=False))


async def test_nobody_is_sent_to_a_subset_before_every_proxy_may_know_it(
    shop: SubsetShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Istio reports no convergence, so a moment is waited."""
    await shop.makes()
    found = await shop.workloads.look_endpoints(shop.target)
    assert isinstance(found, Unknown)
    assert "added a moment ago" in found.reason
    monkeypatch.setattr(own_subset, "SETTLES_SECONDS", 0.0)
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(0, 0)


async def test_endpoints_of_one_service_are_told_apart_by_the_pods_labels(shop: SubsetShop) -> None:
    """A pod in neither subset is in neither count, and without a subset nobody is."""
    shop.has_rule(STABLE, THEIRS)
    await shop.makes()
    shop.has(DEPLOYMENTS, {**shop.canary, "status": {"readyReplicas": 2}})
    one, two, other = {"version": "v1"}, {"version": "v2"}, {"version": "v3"}
    shop.has_endpoints(a=one, b=one, c=one, d=two, e=two, f=other)
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(3, 2)
    shop.has_rule(STABLE)
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(3, 0)


async def test_labels_that_do_not_tell_the_subsets_apart_keep_it_from_being_adopted() -> None:
    """As for every reason, before anything is touched."""
    shop = SubsetShop(target=a_target(subsets={"destinationRule": "checkout"}))
    shop.has_rule({"name": "stable", "labels": {"app": "checkout"}})
    shop.has(DEPLOYMENTS, {**shop.adopted(), "metadata": {**shop.adopted()["metadata"], "annotations": {}}})
    found = await shop.workloads.look_stable(shop.target)
    assert isinstance(found, Problem)
    assert found.reason == reasons.LABEL_NOT_FOUND
    with pytest.raises(InvalidCanary):
        await shop.workloads.perform(shop.target, Adopt())
    assert shop.cluster.writes == []


@pytest.mark.parametrize(
    ("subsets", "words"),
    [
        ((STABLE, THEIRS), "selects by version=v2, and the canary's pods have version=v1-canary"),
        ((), "has no subset stable"),
    ],
)
async def test_a_rule_that_was_changed_under_a_canary_is_said(
    shop: SubsetShop, subsets: tuple[Body, ...], words: str
) -> None:
    """The pods are there, and the user's own subset doesn't reach them: only a person knows what is meant."""
    await shop.makes()
    shop.somebody_writes(*subsets)
    assert await shop.sees() == CanaryFacts(V2, replicas=0, ready=0)
    with pytest.raises(InvalidCanary, match=words):
        await shop.makes()


async def test_before_the_rules_are_listed_nothing_is_said(shop: SubsetShop) -> None:
    """Neither of the canary nor of its endpoints."""
    await shop.makes()
    shop.objects.listed = False
    assert isinstance(await shop.sees(), Unknown)
    with pytest.raises(Unavailable):
        await shop.makes()


async def test_a_deployment_that_is_there_is_read_without_any_call(shop: SubsetShop) -> None:
    """A pass costs no request, with subsets either."""
    await shop.makes()
    shop.cluster.calls.clear()
    await shop.sees()
    assert isinstance(await shop.workloads.look_stable(shop.target), DeploymentFacts)
    assert [call.verb for call in shop.cluster.calls if call.plural != "horizontalpodautoscalers"] == []
