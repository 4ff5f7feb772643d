"""A VirtualService and an HTTPRoute for one host in the mesh: nobody is split before one of the two is gone."""

import json
from collections.abc import Iterator

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import NAME, Manifest, Rollout, Shop, Traffic, rollout
from testbed.shop.manifests import GATEWAY
from tests.integration.http_routes import by_http_route

pytestmark = pytest.mark.integration

RIVAL = f"{NAME}-mesh"
LONGEST = 60
LONG = (("33%", "10m"), ("100%", "1s"))


def a_rival() -> Manifest:
    """For the callers of the Service, like the shop's own route."""
    spec = {
        "parentRefs": [{"group": "", "kind": "Service", "name": NAME, "port": 80}],
        "rules": [{"name": "primary", "backendRefs": [{"name": NAME, "port": 80}]}],
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": RIVAL},
        "spec": spec,
    }


@pytest.fixture
def traffic(shop: Shop, operator: OperatorProcess) -> Iterator[Traffic]:
    """The shop's VirtualService is for the gateway and for the mesh."""
    del operator
    body = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    body["spec"] |= {"hosts": [*body["spec"]["hosts"], NAME], "gateways": [GATEWAY, "mesh"]}
    shop.kubectl("replace", "-f", "-", input=json.dumps(body))
    with shop.traffic(50) as found:
        yield found


def contested(shop: Shop) -> Rollout:
    return shop.until("the refusal", lambda seen: seen.reason == "HostClaimedTwice", LONGEST)


def test_a_rollout_is_not_ready_while_an_httproute_claims_its_host(shop: Shop, traffic: Traffic) -> None:
    """Both are named, and without the rival it is adopted by itself."""
    shop.apply(a_rival())
    shop.apply(rollout(LONG))
    host, namespace = f"{NAME}.{shop.namespace}.svc.cluster.local", shop.namespace
    assert contested(shop).message.startswith(
        f"HTTPRoute {namespace}/{RIVAL} claims {host} for the mesh, and so does VirtualService {namespace}/{NAME}: "
    )
    shop.kubectl("delete", "httproute", RIVAL)
    shop.until("the adoption", lambda seen: seen.rests, 8)
    assert traffic.failures() == 0


def test_no_run_begins_and_no_stage_passes_beside_a_rival(shop: Shop, traffic: Traffic) -> None:
    """It comes at rest: the run waits. It comes in a stage: the weight stays, and an abort is heard."""
    shop.adopt(rollout(LONG))
    before = shop.route()
    shop.apply(a_rival())
    shop.release("v2")
    contested(shop)
    assert shop.weight() == 0
    shop.kubectl("delete", "httproute", RIVAL)
    shop.until("the weight", lambda seen: seen.state == "Staged", LONGEST)
    shop.apply(a_rival())
    assert contested(shop).held
    assert shop.weight() == 33
    shop.order("abort")
    shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    assert shop.rollout().last["outcome"] == "Aborted"
    assert shop.route() == before
    assert traffic.failures() == 0


def test_an_httproute_is_not_split_beside_a_virtualservice(shop: Shop, traffic: Traffic) -> None:
    """The other way round."""
    shop.apply(a_rival(), by_http_route(name=RIVAL))
    said = contested(shop).message
    assert said.startswith(f"VirtualService {shop.namespace}/{NAME} claims ")
    assert f"and so does HTTPRoute {shop.namespace}/{RIVAL}: " in said
    assert traffic.failures() == 0
