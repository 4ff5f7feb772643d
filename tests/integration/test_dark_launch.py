"""Releases that testers meet first, and users of a bucket: the operator with canary matches, on a real Envoy."""

import copy
import json
import time
from typing import Any

import pytest

from canary_operator.providers.kubernetes import Kubernetes
from testbed.load import Plan
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Manifest, Shop, Traffic, rollout
from tests.integration.edge import (
    AS_TESTER,
    TESTERS,
    Edge,
    Request,
    read,
    service_of_testers,
    until,
)

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("operator")
def test_testers_of_a_release_are_counted_in_the_dark_only(shop: Shop, kubernetes: Kubernetes) -> None:
    """With a Service of their own: there by the canary Service, later by theirs, and nobody gets a 503."""
    shop.apply(service_of_testers())
    edge, before = Edge(shop, kubernetes), shop.route()
    with shop.traffic(40) as traffic, as_tester(shop, 20) as testers:
        manifest = dark(("20%", "6s"), ("100%", "2s"))
        manifest["spec"]["traffic"]["matchService"] = "testers"
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert shop.gateway_counts()["testers"] == 0
        shop.until("the next stage", lambda seen: (seen.state, seen.weight) == ("Staged", "20%"))
        until("them to be counted apart", lambda: shop.gateway_counts()["testers"] > 40)
        seen = shop.until("the last stage", lambda seen: seen.weight == "100%")
        assert seen.status["canaryRequests"] < 150, "8 requests a second of others, and 20 of testers"
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


def dark(*more: tuple[str, str], **analysis: Any) -> Manifest:
    """The shop's rollout with a dark launch first."""
    manifest = rollout((("0%", "6s"), *more), analysis or None)
    manifest["spec"]["traffic"]["canaryMatches"] = [TESTERS]
    return manifest


@pytest.mark.usefixtures("operator")
def test_a_release_begins_in_the_dark_and_ends_with_the_route_as_it_was(shop: Shop, kubernetes: Kubernetes) -> None:
    """Testers first, then half of the others, then everybody; and Envoy never lacks a pod."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(60) as traffic, as_tester(shop, 10) as testers:
        shop.adopt(dark(("50%", "4s"), ("100%", "2s")))
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert {edge.version(Request()) for _ in range(30)} == {"v1"}
        assert edge.version(Request(AS_TESTER)) == "v2"
        shop.until("the next stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_blue_green_is_a_preview_and_then_everybody_at_once(shop: Shop, kubernetes: Kubernetes, good: bool) -> None:
    """Blue stays until green has had everybody for a while: a green one that fails then is gone in seconds."""
    before, blue, edge = shop.route(), shop.pods(), Edge(shop, kubernetes)
    limit = {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]}
    with shop.traffic(60) as traffic:
        shop.adopt(dark(("100%", "10s" if good else "5m"), **limit))
        shop.release("v2")
        shop.until("the preview", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("it to be there", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        shop.until("the switch", lambda seen: (seen.state, seen.weight) == ("Staged", "100%"))
        assert shop.pods() == blue
        if not good:
            shop.begin_incident("50%", CANARY)
        ended = shop.until("the end", lambda seen: bool(seen.outcomes) and seen.rests, 90)
        assert ended.outcomes == ["Promoted" if good else "RolledBack"]
        assert not good or traffic.failures() == 0
    assert shop.route() == before
    until("users to have stable", lambda: good or edge.version(Request()) == "v1")


@pytest.mark.usefixtures("operator")
def test_a_canary_that_fails_its_testers_is_taken_from_them(shop: Shop, kubernetes: Kubernetes) -> None:
    """Before anybody else has met it."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(60) as traffic, as_tester(shop, 10):
        manifest = dark(("50%", "1m"))
        manifest["spec"]["stages"][0]["duration"] = "2m"
        shop.adopt(manifest)
        shop.release("v2-e100")
        shop.until("the end", lambda seen: seen.outcomes == ["RolledBack"] and seen.rests, 60)
    assert shop.route() == before
    until("testers to have stable", lambda: edge.version(Request(AS_TESTER)) == "v1")
    assert traffic.failures() == 0


def test_a_killed_operator_goes_on_with_a_dark_launch(
    shop: Shop, kubernetes: Kubernetes, operator: OperatorProcess
) -> None:
    """Testers keep the canary meanwhile, and nobody else gets it; the run ends as without the kill."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(40) as traffic, as_tester(shop, 10) as testers:
        shop.adopt(dark(("50%", "3s"), ("100%", "2s")))
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        operator.kill()
        time.sleep(2)
        assert edge.version(Request(AS_TESTER)) == "v2"
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        operator.start()
        ended = shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert ended.status["runs"] == 1
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_rule_that_somebody_takes_away_holds_the_run(shop: Shop) -> None:
    """Nobody but a person sends the testers again, and says so by the verb resume."""
    with shop.traffic(40), as_tester(shop, 5):
        manifest = dark(("50%", "1m"))
        manifest["spec"]["stages"][0]["duration"] = "2m"
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        names = [rule.get("name") for rule in read(shop)["spec"]["http"]]
        ours = f"canary-operator-match-1-{NAME}"
        assert names == ["status", ours, "primary"]
        remove = json.dumps([{"op": "remove", "path": "/spec/http/1"}])
        shop.kubectl("patch", "virtualservice", NAME, "--type=json", "-p", remove)
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert ours in held.message
        shop.order("resume")
        shop.until("the run to go on", lambda seen: not seen.held and seen.reason == "StageRunning")
        assert [rule.get("name") for rule in read(shop)["spec"]["http"]] == names
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted"] and seen.rests)
        assert [rule.get("name") for rule in read(shop)["spec"]["http"]] == ["status", "primary"]


@pytest.mark.usefixtures("operator")
def test_tests_that_cannot_be_combined_are_a_condition(shop: Shop) -> None:
    """It names the place in the route and the field of the spec, before any run."""
    body = read(shop)
    body["spec"]["http"][1]["match"] = [{"headers": {"x-canary": {"exact": "2"}}}]
    shop.apply(body)
    shop.apply(dark())
    held = shop.until("the condition", lambda seen: seen.reason == "RouteUnsupported")
    assert "tests the header x-canary already, and traffic.canaryMatches[0] tests it too" in held.message


def as_tester(shop: Shop, rate: float) -> Traffic:
    return Traffic(Plan(shop.cluster.gateway_url, shop.host, rate, headers=AS_TESTER))


def test_the_canary_of_a_bucket_is_the_one_of_its_users(shop: Shop, operator: OperatorProcess) -> None:
    """With a real operator: half of the users, the same ones, and a route without a trace afterwards."""
    del operator
    before = shop.route()
    manifest = copy.deepcopy(rollout((("50%", "6s"), ("100%", "2s"))))
    manifest["spec"]["traffic"]["canaryBucket"] = {"header": "x-user-id"}
    inside = Traffic(Plan(shop.cluster.gateway_url, shop.host, 30, headers={"x-user-id": "149"}))
    outside = Traffic(Plan(shop.cluster.gateway_url, shop.host, 30, headers={"x-user-id": "150"}))
    with inside, outside:
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        assert shop.weight() == 0, "behind the bucket nobody is drawn"
        counts = shop.gateway_counts()
        until("users of the bucket", lambda: (shop.gateway_counts() - counts)[CANARY] > 30)
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 60)
    assert shop.route() == before
    assert inside.failures() == outside.failures() == 0
