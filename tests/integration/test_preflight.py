"""What would hurt a release is told when it begins, by an event with the rule, the object and the cure."""

import pytest

from testbed.shop import NAME, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

ONE_ARM = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "DestinationRule",
    "metadata": {"name": NAME},
    "spec": {"host": NAME, "trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 5}}},
}


def of_the_policy(shop: Shop) -> list[str]:
    return [one for one in shop.told("Pitfall") if one.startswith("policy-for-one-arm")]


def test_a_policy_for_one_arm_is_told_and_the_release_goes_on(shop: Shop) -> None:
    shop.apply(ONE_ARM)
    shop.adopt(rollout((("25%", "3s"), ("100%", "1s"))))
    with shop.traffic(50):
        shop.release("v2")
        shop.wait("the event", lambda: bool(of_the_policy(shop)))
        shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), 60)
    (said,) = of_the_policy(shop)
    assert f"DestinationRule {shop.namespace}/{NAME}" in said
    assert "add one for that host" in said
    assert shop.rollout().outcomes == ["Promoted"]


def test_a_route_without_pitfalls_is_not_spoken_of(shop: Shop) -> None:
    """What there is to say of this application is that its container has no readinessProbe."""
    shop.adopt(rollout((("25%", "3s"), ("100%", "1s"))))
    with shop.traffic(50):
        shop.release("v2")
        shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), 60)
    assert [one.partition(":")[0] for one in shop.wait_until_told("Pitfall")] == ["probe-missing"]
