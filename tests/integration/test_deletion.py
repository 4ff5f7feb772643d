"""A rollout may be deleted at any moment: everything is given back, and then it is really gone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Manifest, Rollout, Shop, rollout
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

STAGES = (("25%", "10m"), ("100%", "10m"))
LONGEST = 60
SOON = 90
"""Seconds until the object is gone; the collector of a new cluster learns of new kinds every thirty."""


@pytest.fixture
def shops(cluster: Cluster, place: str, shop: Shop, second_namespace: str) -> Iterator[dict[str, Shop]]:
    """By the way in which their rollouts will be deleted; one operator for both."""
    other = Shop(cluster, second_namespace)
    other.open()
    both = {"CANARY_OPERATOR_NAMESPACES": f"{place} {second_namespace}"}
    with OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=both):
        yield {"foreground": shop, "background": other}


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is deleted: how a shop gets there, and what its rollout says in addition."""

    reach: Callable[[Shop], object]
    tag: str = "v2"
    workload: tuple[tuple[str, str], ...] = ()

    def rollout(self) -> Manifest:
        return rollout(STAGES, workload=dict(self.workload))


def until(shop: Shop, state: str, stage: str = "1/2") -> Rollout:
    return shop.until(f"{state} {stage}", lambda seen: (seen.state, seen.stage or stage) == (state, stage), LONGEST)


def preparing(shop: Shop) -> None:
    until(shop, "Preparing")
    shop.wait("the canary's pods", lambda: bool(shop.pods(CANARY)))


def last_stage(shop: Shop) -> None:
    until(shop, "Staged")
    shop.order("promote")
    until(shop, "Staged", "2/2")


def promoting(shop: Shop) -> None:
    """Half of stable is new: the Deployment is on its way."""
    last_stage(shop)
    shop.order("promote")
    until(shop, "Promoting", "2/2")
    shop.wait("a new pod of stable", lambda: len(shop.pods()) > 2)


def draining(shop: Shop) -> None:
    until(shop, "Staged")
    shop.order("abort")
    until(shop, "Cleaning")
    assert shop.canary_exists()


MOMENTS = {
    "at rest": Moment(lambda _: None, tag=""),
    "preparing": Moment(preparing, "v2-neverready"),
    "at the first stage": Moment(lambda shop: until(shop, "Staged")),
    "at the last stage": Moment(last_stage),
    "while the Deployment rolls": Moment(promoting, "v2-r4"),
    "while a rollback drains": Moment(draining, workload=(("drain", "4s"),)),
}


def reach(shop: Shop, moment: Moment) -> None:
    shop.adopt(moment.rollout())
    if moment.tag:
        shop.release(moment.tag)
    moment.reach(shop)


def delete(shop: Shop, cascade: str) -> None:
    """Returns when it is gone."""
    shop.kubectl("delete", "canaryrollout", NAME, f"--cascade={cascade}", f"--timeout={SOON}s")
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    assert shop.kubectl("get", "service", CANARY, "--ignore-not-found") == ""
    deployment = shop.deployment()
    if deployment is not None:
        marks = [key for key in deployment["metadata"]["annotations"] if key.startswith("canary-operator.dev/")]
        assert marks == (["canary-operator.dev/left-paused"] if deployment["spec"].get("paused") else [])


def in_each(shops: dict[str, Shop], story: Callable[[Shop, str], None]) -> None:
    """Both at the same time."""
    with ThreadPoolExecutor() as threads:
        for told in [threads.submit(story, shop, cascade) for cascade, shop in shops.items()]:
            told.result()


@pytest.mark.parametrize("when", MOMENTS)
def test_everything_is_given_back(shops: dict[str, Shop], when: str) -> None:
    """The route as it was written, no canary, no mark; and in the meantime no user notices."""

    def story(shop: Shop, cascade: str) -> None:
        written = shop.route()
        with shop.traffic(50) as traffic:
            reach(shop, MOMENTS[when])
            delete(shop, cascade)
            assert shop.route() == written
            wait_until_served(shop, traffic, "v2-r4" if "rolls" in when else "v1")
        assert traffic.failures() == 0

    in_each(shops, story)


def test_a_route_that_is_gone_does_not_stand_in_the_way(shops: dict[str, Shop]) -> None:
    """There is nothing to restore, and none is made."""

    def story(shop: Shop, cascade: str) -> None:
        reach(shop, MOMENTS["at the first stage"])
        shop.kubectl("delete", "virtualservice", NAME)
        delete(shop, cascade)
        assert shop.kubectl("get", "virtualservices") == ""

    in_each(shops, story)


def test_a_deployment_that_is_gone_does_not_stand_in_the_way(shops: dict[str, Shop]) -> None:
    """The route is as it was, and the canary does not outlive what it was the canary of."""

    def story(shop: Shop, cascade: str) -> None:
        written = shop.route()
        reach(shop, MOMENTS["at the first stage"])
        shop.kubectl("delete", "deployment", NAME)
        delete(shop, cascade)
        assert shop.route() == written

    in_each(shops, story)
