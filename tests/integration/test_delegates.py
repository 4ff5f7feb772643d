"""A VirtualService without hosts, to which another one delegates: it is split, and the root is not ours."""

import json
from math import sqrt

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import NAME, Shop, rollout
from testbed.shop.manifests import GATEWAY
from tests.integration.mesh import answered_by_v2, ended

pytestmark = pytest.mark.integration

RATE = 100
COUNTED = 15
"""Seconds; the route has 1500 requests in them."""
LONGEST = 60


def behind_a_root(shop: Shop) -> None:
    """The shop's route has no hosts any more: `front-door`, which has them, delegates to it."""
    rules = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))["spec"]["http"]
    shop.kubectl("delete", "virtualservice", NAME)
    everything = {"name": "shop", "match": [{"uri": {"prefix": "/"}}], "delegate": {"name": NAME}}
    front_door = {"hosts": [shop.host], "gateways": [GATEWAY], "http": [everything]}
    leaf = {"http": [each for each in rules if each["name"] == "primary"]}
    for name, spec in (("front-door", front_door), (NAME, leaf)):
        kind = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
        shop.apply({**kind, "metadata": {"name": name}, "spec": spec})


def test_a_delegate_is_split_and_never_given_hosts(shop: Shop, operator: OperatorProcess) -> None:
    """The root is not ours; the delegate is what its owner wrote, with weights, and in the end without."""
    del operator
    behind_a_root(shop)
    before = shop.route()
    untouched = json.loads(shop.kubectl("get", "virtualservice", "front-door", "-o", "json"))["metadata"]
    with shop.traffic(RATE) as traffic:
        shop.wait("the delegate to answer", lambda: traffic.answers()["v1"] > 0)
        shop.adopt(rollout((("33%", "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == "33%", LONGEST)
        spec = json.loads(shop.route())[0]
        assert set(spec) == {"http"}
        shop.wait_until_obeyed(33)
        ((found, total),) = answered_by_v2([traffic], COUNTED)
        assert total > 1000
        assert abs(found - 0.33 * total) <= 4.5 * sqrt(total * 0.33 * 0.67)
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"
    assert shop.route() == before
    root_now = json.loads(shop.kubectl("get", "virtualservice", "front-door", "-o", "json"))["metadata"]
    assert root_now["resourceVersion"] == untouched["resourceVersion"]


def test_a_root_is_refused_and_the_delegate_named(shop: Shop, operator: OperatorProcess) -> None:
    """Its rules are not ours to split."""
    del operator
    body = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    body["spec"]["http"][1] = {"name": "primary", "match": [{"uri": {"prefix": "/"}}], "delegate": {"name": "leaf"}}
    shop.apply(body)
    shop.apply(rollout())
    held = shop.until("the refusal", lambda seen: seen.reason == "RouteUnsupported")
    assert f"delegates to VirtualService {shop.namespace}/leaf; name that one in virtualServices" in held.message
