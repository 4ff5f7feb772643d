"""Users who keep their version behind a real Envoy: exact shares, nobody back, and a route as it was.

By routes of both kinds alike.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.operator import OperatorProcess
from testbed.shop import NAME, Manifest, Shop, Traffic
from tests.integration.route_kinds import HTTP_ROUTE, VIRTUAL_SERVICE, Kind
from tests.integration.users import Users

pytestmark = pytest.mark.integration

SESSION = "session"
CHANCE = 5.0
"""So many standard deviations: once in two million."""


@pytest.fixture
def shop(cluster: Cluster, namespace: str, kind: Kind) -> Shop:
    return kind.opened(cluster, namespace)


def sticky(kind: Kind, stages: Sequence[tuple[str, str]], **cookie: Any) -> Manifest:
    """The gateways of the testbed speak plain HTTP."""
    manifest = kind.rollout(stages)
    manifest["spec"]["traffic"]["stickiness"] = {"cookie": {"secure": False, **cookie}}
    return manifest


def cookie_name(shop: Shop) -> str:
    return f"canary-operator.{shop.namespace}.{NAME}"


def obeyed(shop: Shop, stage: int) -> None:
    """Envoy draws users of this stage: some newcomer gets its cookie with stable."""
    name = cookie_name(shop)

    def drawn() -> bool:
        newcomer = Users(shop, 1)
        newcomer.visit()
        return newcomer.jars[0].get(name, "").endswith(f".{stage}")

    shop.wait(f"Envoy to draw in stage {stage}", drawn)


def close(found: int, share: float, number: int) -> bool:
    """Whether chance alone explains it."""
    return abs(found - share * number) <= CHANCE * math.sqrt(number * share * (1 - share))


def test_2000_users_keep_their_version_over_a_whole_run(shop: Shop, kind: Kind, operator: OperatorProcess) -> None:
    """Each share is one of users; who changes at all changes once, to the new version; and the operator may die."""
    before, users = shop.route(), Users(shop, 2000)
    with shop.traffic(20) as others:
        shop.adopt(sticky(kind, [(weight, "20m") for weight in ("5%", "20%", "50%", "100%")]))
        shop.release("v2")
        for stage, percent in enumerate((5, 20, 50), start=1):
            shop.until("the stage", lambda seen, p=percent: (seen.state, seen.weight) == ("Staged", f"{p}%"))  # type: ignore[misc]
            obeyed(shop, stage)
            found = users.visit()
            assert close(found["v2"], percent / 100, 2000), (percent, found)
            assert users.visit() == found, "nobody is drawn twice"
            assert all(jar[SESSION] == "of-the-application" for jar in users.jars)
            if stage == 1:
                operator.kill()
                assert users.visit() == found
                operator.start()
            shop.order("promote")
        shop.until("everybody", lambda seen: (seen.state, seen.weight) == ("Staged", "100%"))
        assert kind.names(shop) == [kind.beside, "primary"]
        shop.wait("Envoy to obey", lambda: Users(shop, 40).visit() == Counter(v2=40))
        assert users.visit() == Counter(v2=2000)
        shop.order("promote")
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 60)
        assert users.visit() == Counter(v2=2000)
    assert users.changes().keys() == {("v1", "v2")}
    assert all(len(set(seen[seen.index("v2") :])) == 1 for seen in users.seen)
    assert shop.route() == before
    assert others.failures() == 0


@pytest.mark.usefixtures("operator")
def test_after_an_abort_everybody_has_stable_and_another_run_begins_afresh(shop: Shop, kind: Kind) -> None:
    """The route is given back byte for byte, nobody gets a cookie any more, and old ones mean nothing."""
    before, users = shop.route(), Users(shop, 500)
    with shop.traffic(20):
        shop.adopt(sticky(kind, [("50%", "20m"), ("100%", "2s")], name="release", ttl="48h"))
        shop.release("v2")
        shop.until("the stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        shop.wait("Envoy to obey", lambda: "release" in _newcomer(shop))
        users.visit()
        drawn = users.who_met("v2")
        assert close(len(drawn), 0.5, 500)
        assert users.visit()["v2"] == len(drawn)
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted"] and seen.rests)
        assert shop.route() == before
        shop.wait("Envoy to obey", lambda: "release" not in _newcomer(shop))
        jars = [dict(jar) for jar in users.jars]
        assert users.visit() == Counter(v1=500)
        assert users.jars == jars
        shop.order("retry")
        again = shop.until("the next run", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        shop.wait("Envoy to obey", lambda: again.run in _newcomer(shop).get("release", ""))
        users.visit()
        assert close(len(users.who_met("v2")), 0.5, 500)
        assert close(len(users.who_met("v2") & drawn), 0.5, len(drawn)), "drawn anew"
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted", "Aborted"] and seen.rests)
    assert shop.route() == before


def _newcomer(shop: Shop) -> dict[str, str]:
    """The cookies of one."""
    newcomer = Users(shop, 1)
    newcomer.visit()
    return newcomer.jars[0]


@pytest.mark.usefixtures("operator")
def test_one_user_with_most_of_the_traffic_holds_nothing(shop: Shop, kind: Kind) -> None:
    """It has one version, so the share of requests is far from the weight, and that says nothing of the route."""

    def user(rate: float, number: int) -> Traffic:
        return Traffic(Plan(shop.url, shop.host, rate, users=number))

    with user(90, 1) as busy, user(30, 300) as others:
        shop.adopt(sticky(kind, [("50%", "8s"), ("100%", "2s")]))
        shop.release("v2")
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 60)
    assert shop.told("TrafficShareMismatch") == []
    assert busy.failures() == others.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_cookie_that_somebody_takes_away_holds_the_run(shop: Shop, kind: Kind) -> None:
    """Users would be drawn again at each request; a person's resume brings it back."""
    with shop.traffic(30):
        shop.adopt(sticky(kind, [("50%", "20m")]))
        shop.release("v2")
        shop.until("the stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        kind.remove(shop, f"3/{kind.cookie}")
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert f"set-cookie of {kind.called}" in held.message
        shop.order("resume")
        shop.until("the run to go on", lambda seen: not seen.held and seen.reason == "StageRunning")
        assert kind.names(shop) == [
            kind.beside,
            f"canary-operator-cookie-canary-{NAME}",
            f"canary-operator-cookie-1-{NAME}",
            "primary",
        ]
        obeyed(shop, 1)
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted"] and seen.rests)


OF_RESPONSES = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["Set-Cookie"]}}


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(
    ("kind", "rule", "says"),
    [
        (
            VIRTUAL_SERVICE,
            {"headers": {"response": {"remove": ["Set-Cookie"]}}},
            "writes set-cookie itself (headers.response.remove)",
        ),
        (VIRTUAL_SERVICE, {"match": [{"headers": {"cookie": {"regex": ".*"}}}]}, "tests the header cookie already"),
        (
            HTTP_ROUTE,
            {"filters": [OF_RESPONSES]},
            "writes set-cookie itself (filters.responseHeaderModifier.remove)",
        ),
    ],
    ids=["removed", "tested", "removed in an HTTPRoute"],
)
def test_a_route_without_room_for_a_cookie_is_a_condition(shop: Shop, kind: Kind, rule: Manifest, says: str) -> None:
    """Before any run."""
    body = json.loads(shop.kubectl("get", kind.resource, NAME, "-o", "json"))
    body["spec"][kind.rules][1] |= rule
    shop.apply(body)
    shop.apply(sticky(kind, [("50%", "20m")]))
    held = shop.until("the condition", lambda seen: seen.reason == "RouteUnsupported")
    assert says in held.message
