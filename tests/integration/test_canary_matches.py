"""Canary matches and buckets of a real Envoy: who gets the canary, by what a request says."""

from fractions import Fraction

import pytest

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.core.world import Route
from canary_operator.providers.kubernetes import Kubernetes
from testbed.shop import Shop
from tests.integration.choices import CASES
from tests.integration.edge import AS_TESTER, TESTERS, Edge, Request, cookie, service_of_testers, until, user
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

pytestmark = pytest.mark.integration


@pytest.fixture
def edge(shop: Shop, kubernetes: Kubernetes) -> Edge:
    shop.open_beside("v2")
    return Edge(shop, kubernetes)


async def test_every_kind_of_test_finds_its_requests_and_no_others(edge: Edge) -> None:
    """At weight 0: whoever passes has the canary, everybody else stable, again and again; and then nobody any more."""
    for name, (match, passing, failing) in CASES.items():
        order = a_weight(0, matches=(CanaryMatch.model_validate(match),))
        await edge.traffic.set_weight(edge.target, order)
        until(name, lambda sent=passing[0]: edge.version(sent) == "v2")  # type: ignore[misc]
        for _ in range(5):
            assert [one for one in passing if edge.version(one) != "v2"] == [], name
            assert [one for one in failing if edge.version(one) != "v1"] == [], name
        found = await edge.found()
        assert found == Route(Fraction(0), found.record, found.matched)
        await edge.traffic.set_weight(edge.target, rolled_back())
        until("the rules to go", lambda sent=passing[0]: edge.version(sent) == "v1")  # type: ignore[misc]
    await edge.given_back()


async def test_any_of_several_items_is_enough_and_the_weight_is_for_the_others(edge: Edge) -> None:
    """Half of the others, all of the testers."""
    matches = tuple(CanaryMatch.model_validate(each) for each in (TESTERS, {"cookie": {"name": "early", "present": 1}}))
    await edge.traffic.set_weight(edge.target, a_weight(50, matches=matches))
    until("the weight", lambda: edge.version(Request()) == "v2")
    for tester in (Request(AS_TESTER), cookie("early=1")):
        assert {edge.version(tester) for _ in range(50)} == {"v2"}
    others = [edge.version(Request()) for _ in range(300)]
    assert 90 < others.count("v2") < 210, others.count("v2")
    await edge.given_back()


async def test_testers_through_a_service_of_their_own_are_nobodys_counts(edge: Edge) -> None:
    """Envoy counts them apart, so no comparison has them."""
    edge.shop.apply(service_of_testers())
    testers = (CanaryMatch.model_validate(TESTERS),)
    await edge.traffic.set_weight(edge.target, a_weight(50, matches=testers, match_service="testers"))
    until("the weight", lambda: edge.version(Request()) == "v2")
    until("testers", lambda: edge.version(Request(AS_TESTER)) == "v2")
    before = edge.shop.gateway_counts()
    assert {edge.version(Request(AS_TESTER)) for _ in range(40)} == {"v2"}
    until("Envoy to count", lambda: (edge.shop.gateway_counts() - before)["testers"] == 40)
    assert edge.shop.gateway_counts() - before == {"testers": 40}
    assert (await edge.found()).lost == ()
    await edge.given_back()


@pytest.mark.parametrize("where", ["header", "cookie"])
async def test_a_bucket_is_exact_for_every_user(edge: Edge, where: str) -> None:
    """N = 1, 5, 37, 99: who is below has the canary at every request, and nobody goes back when N grows."""
    ids = [0, 1, 4, 5, 9, 10, 36, 37, 38, 98, 99, 100, 101, 105, 136, 137, 199, 7305, 123456789]
    bucket = CanaryBucket.model_validate({where: "uid"})
    for number in (1, 5, 37, 99):
        await edge.traffic.set_weight(edge.target, a_weight(number, bucket=bucket))
        until(f"N = {number}", lambda n=number: edge.version(user(where, n - 1)) == "v2")  # type: ignore[misc]
        for _ in range(3):
            seen = {one: edge.version(user(where, one)) for one in ids}
            assert seen == {one: "v2" if one % 100 < number else "v1" for one in ids}
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        assert (await edge.found()).share == Fraction(number, 100)
    await edge.traffic.set_weight(edge.target, a_weight(100))
    until("everybody", lambda: edge.version(Request()) == "v2")
    await edge.traffic.set_weight(edge.target, rolled_back())
    until("nobody", lambda: edge.version(user(where, 0)) == "v1")
    await edge.given_back()


async def test_a_bucket_of_hexadecimal_ids_is_exact(edge: Edge) -> None:
    """5 % is 13 of 256 endings; a UUID has dashes."""
    bucket = CanaryBucket(header="uid", ids="Hexadecimal")
    await edge.traffic.set_weight(edge.target, a_weight(5, bucket=bucket))
    until("the bucket", lambda: edge.version(user("header", "00")) == "v2")
    for ending in range(256):
        for written in (f"{ending:02x}", f"3F2A-{ending:02X}"):
            assert edge.version(user("header", written)) == ("v2" if ending < 13 else "v1"), written
    await edge.given_back()
