"""The route is the user's: what they edit in the middle of a run stays, and nobody fights them for it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Rollout, Shop, Traffic, rollout
from testbed.shop.manifests import route, service

pytestmark = pytest.mark.integration

LONG = (("25%", "10m"), ("100%", "1s"))
BETA = f"{NAME}-beta"
LONGEST = 60
PULLED = 5
OWN_MATCH = {
    "name": "ours",
    "match": [{"headers": {"x-team": {"exact": "shop"}}}],
    "route": [{"destination": {"host": NAME}}],
}


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(100) as traffic:
        yield traffic


def release_until_staged(shop: Shop) -> None:
    shop.release("v2")
    shop.until("the first stage", lambda seen: seen.state == "Staged" and seen.stage == "1/2", LONGEST)


def is_pulled(seen: Rollout) -> bool:
    return seen.held and seen.reason == "TrafficPulled"


def promoted(shop: Shop) -> Rollout:
    ended = shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    assert ended.last["outcome"] == "Promoted"
    return ended


def edit(shop: Shop, *operations: dict[str, Any], manager: str = "kubectl-patch") -> None:
    patch = json.dumps(operations)
    shop.kubectl("patch", "virtualservice", NAME, "--type=json", f"--field-manager={manager}", "-p", patch)


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def weights(shop: Shop, seconds: float) -> set[int | float]:
    """All that the canary had in the live route during so many seconds."""
    seen, until = set(), time.monotonic() + seconds
    while time.monotonic() < until:
        seen.add(shop.weight())
        time.sleep(0.02)
    return seen


def split(**weights: int) -> list[dict[str, Any]]:
    """Destinations at port 80 by Service."""
    port = {"number": 80}
    return [{"destination": {"host": host, "port": port}, "weight": weight} for host, weight in weights.items()]


def primary(shop: Shop) -> tuple[int, dict[str, Any]]:
    """The rule as it is now, with its place."""
    rules = json.loads(shop.route())[0]["http"]
    return next((place, rule) for place, rule in enumerate(rules) if rule["name"] == "primary")


def double_beta(shop: Shop) -> dict[str, Any]:
    """The edit of a person who sees the weights of a run and wants twice as much for the third Service."""
    place, rule = primary(shop)
    hosts = [each["destination"]["host"] for each in rule["route"]]
    beta = hosts.index(BETA)
    return put(f"/spec/http/{place}/route/{beta}/weight", 2 * rule["route"][beta]["weight"])


def test_edits_of_a_run_outlive_it(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """A match, a timeout, a label, a third weight: what comes out is what went in with exactly these edits."""
    del operator
    shop.apply({**service(BETA), "spec": service()["spec"]})
    edit(shop, put("/spec/http/1/route", split(**{NAME: 90, BETA: 10})))
    spec, labels, annotations, finalizers = json.loads(shop.route())
    shop.adopt(rollout(LONG))
    release_until_staged(shop)
    edit(shop, double_beta(shop))
    edit(shop, put("/metadata/labels/edited", "yes"), put("/spec/http/1/timeout", "5s"), put("/spec/http/0", OWN_MATCH))
    shop.order("promote")
    promoted(shop)
    wanted = spec["http"][1] | {"timeout": "5s", "route": split(**{NAME: 90, BETA: 20})}
    spec["http"] = [OWN_MATCH, spec["http"][0], wanted]
    assert json.loads(shop.route()) == [spec, labels | {"edited": "yes"}, annotations, finalizers]
    assert traffic.failures() == 0


def test_pulled_traffic_is_never_given_again_by_itself(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Not while the operator looks, not by one that has just started; a person says when."""
    shop.adopt(rollout(LONG))
    release_until_staged(shop)
    edit(shop, put("/spec/http/1/route", split(**{NAME: 100 - PULLED, CANARY: PULLED})))
    held = shop.until("the hold", is_pulled)
    assert "5%" in held.message
    assert weights(shop, 3) == {PULLED}
    operator.kill()
    operator.start()
    assert weights(shop, 4) == {PULLED}
    shop.until("the hold of the new process", is_pulled)
    shop.order("resume")
    shop.wait("the weight to be set again", lambda: shop.weight() == 25)
    shop.until("the hold to end", lambda seen: not seen.held)
    shop.order("promote")
    promoted(shop)
    assert traffic.failures() == 0


def test_a_tool_that_puts_the_route_back_is_named(shop: Shop, operator: OperatorProcess) -> None:
    """By the name under which it writes, with what to tell it."""
    del operator
    shop.adopt(rollout(LONG))
    release_until_staged(shop)
    edit(shop, put("/spec/http/1/route", split(**{NAME: 100, CANARY: 0})), manager="argocd-controller")
    held = shop.until("the hold", is_pulled)
    assert "argocd-controller set the canary's weight to 0%, we had set 25%" in held.message
    assert "ignoreDifferences" in held.message
    shop.order("abort")
    shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_who_asks_for_it_has_the_weight_written_again(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Each time within seconds, until two fight; an operator that is killed meanwhile goes on counting."""
    manifest = rollout(LONG)
    manifest["spec"]["traffic"]["onDrift"] = "Reapply"
    shop.adopt(manifest)
    release_until_staged(shop)
    for time_of in range(5):
        edit(shop, put("/spec/http/1/route", split(**{NAME: 100 - PULLED, CANARY: PULLED})))
        shop.wait("the weight to be set again", lambda: shop.weight() == 25, LONGEST)
        shop.wait("the note of it", lambda: shop.rollout().status["run"]["reapplied"] > time_of)  # noqa: B023
        if time_of == 2:
            operator.kill()
            operator.start()
    edit(shop, put("/spec/http/1/route", split(**{NAME: 100 - PULLED, CANARY: PULLED})))
    shop.until("the hold", lambda seen: seen.held and "two fight over the route" in seen.message)
    assert weights(shop, 3) == {PULLED}
    shop.order("resume")
    shop.until("the hold to end", lambda seen: not seen.held)
    shop.order("promote")
    promoted(shop)
    assert traffic.failures() == 0


def test_a_deleted_route_is_waited_for(shop: Shop, operator: OperatorProcess) -> None:
    """It says what is missing. The one that comes instead says where the traffic goes, until a person wants more."""
    before = shop.route()
    shop.adopt(rollout(LONG))
    release_until_staged(shop)
    process = operator.pid
    shop.kubectl("delete", "virtualservice", NAME)
    held = shop.until("the hold", lambda seen: seen.held and seen.reason == "RouteNotFound")
    assert f"VirtualService {shop.namespace}/{NAME} does not exist; create it" in held.message
    shop.apply(route(shop.host))
    shop.until("the new route to be seen", is_pulled)
    shop.wait("users to be answered again", shop.is_open)
    with shop.traffic(100) as traffic:
        assert weights(shop, 3) == {0}
        assert set(traffic.answers()) == {"v1"}
        shop.order("resume")
        shop.wait("the weight to be set again", lambda: shop.weight() == 25)
        shop.until("the hold to end", lambda seen: seen.state == "Staged" and not seen.held)
        shop.order("promote")
        promoted(shop)
        shop.wait("the route to be given back", lambda: shop.route() == before)
        assert traffic.failures() == 0
    assert operator.pid == process
    assert operator.is_alive()
