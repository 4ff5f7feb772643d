"""The user's Deployment and the canary beside it, with real controllers and our admission policy."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, Pause, RemoveCanary, Unpause
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Fault, Missing, Problem, Trouble
from canary_operator.errors import Conflict, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.resources import DEPLOYMENTS, SERVICES
from canary_operator.providers.workloads.deployment import DeploymentWorkloads
from canary_operator.providers.workloads.marks import LEFT_PAUSED, MANAGED_BY
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from tests.doubles.objects import MemoryObjects
from tests.doubles.shop import a_deployment, a_service, a_target

pytestmark = pytest.mark.integration
DEPLOY = Path(__file__).parents[2] / "deploy"
V2 = "shop/checkout:v2"


class Shop:
    """A Deployment of two pods behind a Service, and the store as watches would keep it."""

    def __init__(self, cluster: Cluster, namespace: str, kubernetes: Kubernetes) -> None:
        self._cluster = cluster
        self._kubernetes = kubernetes
        self.target: Target = a_target(namespace)
        self.objects = MemoryObjects()
        self.workloads = DeploymentWorkloads(kubernetes, self.objects)

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - called as in subprocess
        return self._cluster.kubectl("-n", self.target.namespace, *arguments, input=input)

    def apply(self, *bodies: dict[str, Any]) -> None:
        for body in bodies:
            manifest = {key: value for key, value in body.items() if key != "status"}
            manifest["metadata"] = {**body["metadata"], "namespace": self.target.namespace}
            for key in ("uid", "generation"):
                manifest["metadata"].pop(key, None)
            self.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def open(self) -> None:
        self.apply(a_deployment(replicas=2), a_service())
        self.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")

    async def deployment(self) -> dict[str, Any]:
        body = await self._kubernetes.get(DEPLOYMENTS, self.target.namespace, "checkout")
        assert body is not None
        return body

    async def service(self, name: str) -> dict[str, Any] | None:
        return await self._kubernetes.get(SERVICES, self.target.namespace, name)

    async def watch(self) -> None:
        """What watches would have brought by now."""
        for name in ("checkout", "checkout-canary"):
            body = await self._kubernetes.get(DEPLOYMENTS, self.target.namespace, name)
            if body is None:
                self.objects.drop(DEPLOYMENTS, self.target.namespace, name)
            else:
                self.objects.put(DEPLOYMENTS, body)

    async def stable(self) -> DeploymentFacts:
        await self.watch()
        facts = await self.workloads.look_stable(self.target)
        assert isinstance(facts, DeploymentFacts), facts
        return facts

    async def canary(self) -> CanaryFacts | None:
        await self.watch()
        facts = await self.workloads.look_canary(self.target, pods=True)
        return facts if isinstance(facts, CanaryFacts) else None

    async def perform(self, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary) -> None:
        """As passes would: a conflict is decided anew."""
        for _ in range(50):
            try:
                return await self.workloads.perform(self.target, action)
            except Conflict:
                await asyncio.sleep(0.1)
                await self.watch()
        pytest.fail(f"{action} never came through")

    async def adopted(self) -> DeploymentFacts:
        self.open()
        await eventually(self._rolled_out)
        await self.perform(Adopt())
        await eventually(self._rolled_out)  # a new annotation is a new generation, which the controller must see
        return await self.stable()

    async def released(self, image: str = V2) -> DeploymentFacts:
        """A new template that the controller has seen."""
        self.kubectl("set", "image", "deployment/checkout", f"app={image}")

        async def pending() -> bool:
            return (await self.stable()).pending

        await eventually(pending)
        return await self.stable()

    async def _rolled_out(self) -> bool:
        return (await self.stable()).rolled_out


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Iterator[None]:
    """The operator's rights, and its admission policy in effect."""
    for file in ("namespace.yaml", "rbac.yaml", "admission-policy.yaml"):
        cluster.kubectl("apply", "-f", str(DEPLOY / file))
    name = f"probe-{uuid.uuid4().hex[:8]}"
    probe = a_deployment(replicas=0)
    del probe["status"]
    probe["metadata"] = {"name": name, "annotations": {MANAGED_BY: "default/probe"}}
    cluster.kubectl("-n", "default", "apply", "-f", "-", input=json.dumps(probe))
    for attempt in range(100):
        cluster.kubectl("-n", "default", "set", "image", f"deployment/{name}", f"app=probe:{attempt}")
        if cluster.kubectl("-n", "default", "get", "deployment", name, "-o", "jsonpath={.spec.paused}") == "true":
            break
        time.sleep(0.1)
    else:
        pytest.fail("the admission policy never took effect")
    yield
    cluster.kubectl("-n", "default", "delete", "deployment", name, "--wait=false")


@pytest.fixture
async def shop(cluster: Cluster, namespace: str, installed: None) -> AsyncIterator[Shop]:  # noqa: ARG001 - in effect
    """Everything is done with the operator's own rights, so that a missing rule is found."""
    client = await connect(str(cluster.operator_kubeconfig), None, may_write=lambda: True)
    yield Shop(cluster, namespace, client)
    await client.close()


async def test_a_new_template_is_paused_in_the_same_write(shop: Shop) -> None:
    """After adoption no pod of a new template starts, whichever way the template comes."""
    before = await shop.adopted()
    assert (before.paused, before.adopted, before.rolled_out) == (False, True, True)
    after = await shop.released()
    assert (after.paused, after.pending, after.rolling, after.rolled_out) == (True, True, False, False)
    assert after.revision != before.revision
    assert after.available == 2
    await shop.perform(Unpause(after.revision))
    replaced = a_deployment(replicas=2)
    manifest = json.dumps({**replaced, "metadata": {"name": "checkout"}})

    async def replace() -> bool:
        """The controller may write in between; then a user types it once more."""
        try:
            shop.kubectl("replace", "-f", "-", input=manifest)
        except TestbedError as error:
            assert "object has been modified" in str(error)  # noqa: PT017 -- any other error is one
            return False
        return True

    await eventually(replace)
    third = await shop.stable()
    assert (third.paused, third.adopted, third.revision) == (True, True, before.revision)


async def test_other_changes_pause_nothing(shop: Shop) -> None:
    """Scaling and annotating are the user's own business."""
    await shop.adopted()
    shop.kubectl("scale", "deployment/checkout", "--replicas=3")
    shop.kubectl("annotate", "deployment/checkout", "team=shop")
    assert not (await shop.stable()).paused


async def test_a_restart_is_the_same_revision(shop: Shop) -> None:
    """`kubectl rollout restart` is paused like any new template, and carries the stable revision."""
    before = await shop.adopted()
    shop.kubectl("rollout", "restart", "deployment/checkout")
    after = await shop.stable()
    assert (after.paused, after.revision) == (True, before.revision)


async def test_unpausing_rolls_only_the_template_that_was_decided_on(shop: Shop) -> None:
    """A template that slips in between stays paused; the right one rolls out and is not paused again."""
    await shop.adopted()
    facts = await shop.released()
    shop.kubectl("set", "image", "deployment/checkout", "app=shop/checkout:v3")
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, Unpause(facts.revision))
    assert (await shop.deployment())["spec"]["paused"]
    third = await shop.stable()
    await shop.perform(Unpause(third.revision))

    async def rolled_out() -> bool:
        return (await shop.stable()).rolled_out

    await eventually(rolled_out)
    assert not (await shop.stable()).paused


async def test_a_canary_runs_beside_stable(shop: Shop) -> None:
    """Its pods are ready behind its own Service, stable's Service does not know them, and stable's pods stay."""
    await shop.adopted()
    facts = await shop.released()
    await shop.perform(EnsureCanary(facts.revision, 1))
    await shop.perform(EnsureCanary(facts.revision, 2))

    async def ready() -> bool:
        canary = await shop.canary()
        return canary is not None and canary.ready == 2

    await eventually(ready)

    async def known() -> bool:
        return await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=2, canary=2)

    await eventually(known)
    await asyncio.sleep(0.5)
    assert await known()
    assert (await shop.stable()).available == 2
    canary = await shop.canary()
    assert canary is not None
    assert (canary.revision, canary.replicas) == (facts.revision, 2)
    await shop.perform(RemoveCanary())
    await shop.watch()
    assert isinstance(await shop.workloads.look_canary(shop.target, pods=False), Missing)
    assert await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=2, canary=0)


async def test_a_canary_of_another_revision_is_replaced(shop: Shop) -> None:
    """The old one is removed first, and its pods never make the new one look ready."""
    await shop.adopted()
    second = await shop.released()
    await shop.perform(EnsureCanary(second.revision, 1))

    async def known() -> bool:
        await shop.watch()
        return await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=2, canary=1)

    await eventually(known)
    third = await shop.released("shop/checkout:v3-neverready")
    await shop.perform(EnsureCanary(third.revision, 1))
    canary = await shop.canary()
    assert canary is not None
    assert canary.revision == third.revision
    for _ in range(10):
        await shop.watch()
        assert await shop.workloads.look_endpoints(shop.target) == Endpoints(stable=2, canary=0)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("tag", "words"),
    [("v2-crash", "CrashLoopBackOff"), ("v2-nopull", "ImagePull"), ("v2-neverready", "runs but is not ready")],
)
async def test_a_broken_release_says_what_is_wrong(shop: Shop, tag: str, words: str) -> None:
    """The pods' own words, and whose fault it is."""
    await shop.adopted()
    facts = await shop.released(f"shop/checkout:{tag}")
    await shop.perform(EnsureCanary(facts.revision, 1))

    assert (await complaint(shop, words)).fault is Fault.RELEASE


@pytest.mark.parametrize("cause", ["quota", "no room"])
async def test_a_full_cluster_is_not_the_releases_fault(shop: Shop, cause: str) -> None:
    """Quota and scheduling say so in their own words."""
    await shop.adopted()
    if cause == "quota":
        shop.kubectl("create", "quota", "small", "--hard=pods=2")
    else:
        elsewhere = {"spec": {"template": {"spec": {"nodeSelector": {"disk": "unheard-of"}}}}}
        shop.kubectl("patch", "deployment/checkout", "-p", json.dumps(elsewhere))
    facts = await shop.released()
    await shop.perform(EnsureCanary(facts.revision, 1))
    words = "exceeded quota" if cause == "quota" else "affinity/selector"
    assert (await complaint(shop, words)).fault is Fault.CLUSTER


async def test_a_deployment_is_given_back(shop: Shop) -> None:
    """At rest the mark and our Service go, and the next template rolls out by itself."""
    await shop.adopted()
    assert await shop.service("checkout-canary") is not None
    await shop.perform(Abandon(unpause=True))
    assert await shop.service("checkout-canary") is None
    assert MANAGED_BY not in (await shop.deployment())["metadata"].get("annotations", {})
    shop.kubectl("set", "image", "deployment/checkout", f"app={V2}")
    shop.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")


async def test_an_unwatched_template_is_left_paused(shop: Shop) -> None:
    """A Deployment given back with a template that does not run says why it is paused."""
    await shop.adopted()
    await shop.released()
    with pytest.raises(Conflict):
        await shop.workloads.perform(shop.target, Abandon(unpause=True))
    await shop.perform(Abandon(unpause=False))
    body = await shop.deployment()
    assert body["spec"]["paused"]
    assert "kubectl rollout resume deployment/checkout" in body["metadata"]["annotations"][LEFT_PAUSED]


async def test_a_foreign_canary_is_never_touched(shop: Shop) -> None:
    """A Deployment of the canary's name that we did not make is refused by name, and stays."""
    await shop.adopted()
    facts = await shop.released()
    foreign = a_deployment(replicas=1)
    foreign["metadata"]["name"] = "checkout-canary"
    foreign["spec"]["selector"] = {"matchLabels": {"app": "another"}}
    foreign["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    shop.apply(foreign)
    await shop.watch()
    with pytest.raises(InvalidCanary, match="checkout-canary") as error:
        await shop.workloads.perform(shop.target, EnsureCanary(facts.revision, 1))
    assert error.value.reason == reasons.CANARY_NAME_TAKEN
    await shop.perform(RemoveCanary())
    shop.kubectl("get", "deployment/checkout-canary")


async def test_a_pause_of_somebody_elses_is_respected(shop: Shop) -> None:
    """Before adoption a paused Deployment belongs to whoever paused it."""
    shop.open()
    shop.kubectl("rollout", "pause", "deployment/checkout")

    async def refused() -> bool:
        await shop.watch()
        problem = await shop.workloads.look_stable(shop.target)
        return isinstance(problem, Problem) and problem.reason == reasons.ADOPTION_REFUSED

    await eventually(refused)


async def complaint(shop: Shop, words: str) -> Trouble:
    """The one with these words, as it was seen: a container that ends again and again runs in between."""
    found: list[Trouble] = []

    async def complained() -> bool:
        canary = await shop.canary()
        if canary is not None and canary.trouble is not None and words in canary.trouble.message:
            found.append(canary.trouble)
        return bool(found)

    await eventually(complained)
    return found[0]


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.05)
