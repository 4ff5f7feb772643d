"""Requests while weights are written: each arm gets its share, none is lost, and a share that is off is noticed."""

import json
import time
from math import sqrt

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Manifest, Rollout, Shop, rollout

pytestmark = pytest.mark.integration

LONGEST = 60
"""Seconds; four tests at once share the machine."""
COUNTED = 20
"""At 300 a second this many seconds give six thousand requests."""
LAST_ANSWERS = 2
"""Seconds after the end in which nothing may fail either."""


def finished(shop: Shop, runs: int, seconds: float) -> Rollout:
    return shop.until(f"{runs} runs to end", lambda seen: seen.rests and len(seen.outcomes) >= runs, seconds)


@pytest.mark.parametrize(
    ("weight", "share"),
    [("0.1%", 0.001), ("1%", 0.01), ("5%", 0.05), ("33%", 0.33), ("50%", 0.5), ("99%", 0.99)],
)
def test_envoy_obeys_the_weight(shop: Shop, operator: OperatorProcess, weight: str, share: float) -> None:
    """Of all requests the canary gets its share, as closely as chance allows."""
    del operator
    with shop.traffic(300):
        shop.adopt(rollout(((weight, "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == weight, LONGEST)
        shop.wait_until_obeyed(100 * share)
        before = shop.gateway_counts()
        time.sleep(COUNTED)
        sent = shop.gateway_counts() - before
    expected, deviation = share * sent.total(), sqrt(sent.total() * share * (1 - share))
    assert sent.total() > 5000
    assert abs(sent[CANARY] - expected) <= 4.5 * deviation


def test_no_request_is_lost_by_twenty_weights_a_promotion_and_a_rollback(shop: Shop, operator: OperatorProcess) -> None:
    """200 a second, while the pods of both versions come and go: users see nothing of it."""
    del operator
    twenty = tuple((f"{5 * step}%", "1s") for step in range(1, 21))
    shop.adopt(rollout(twenty, {"minCanaryRequests": 5}))
    with shop.traffic(200) as traffic:
        shop.release("v2")
        assert finished(shop, 1, 240).outcomes == ["Promoted"]
        shop.release("v3")
        shop.until("some weight", lambda seen: seen.state == "Staged" and shop.weight() >= 30, 120)
        shop.order("abort")
        assert finished(shop, 2, 120).outcomes[0] == "Aborted"
        time.sleep(LAST_ANSWERS)
        versions = traffic.summary()["versions"]
        assert traffic.failures() == 0
    assert versions["v2"]["answered"] > 1000
    assert versions["v3"]["answered"] > 100


@pytest.mark.parametrize(
    ("destinations", "says"),
    [
        ([{"destination": {"host": NAME}}], "its weight is 50%: nobody follows the route"),
        (
            [{"destination": {"host": NAME}, "weight": 90}, {"destination": {"host": CANARY}, "weight": 10}],
            "requests went to the canary (",
        ),
    ],
    ids=["nobody follows", "another share"],
)
def test_a_rule_that_takes_the_requests_away_is_noticed(
    shop: Shop, operator: OperatorProcess, destinations: list[Manifest], says: str
) -> None:
    """It stands before the one that is split. A canary that fails still goes back."""
    del operator
    route = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    route["spec"]["http"].insert(0, {"name": "before", "match": [{"uri": {"prefix": "/"}}], "route": destinations})
    shop.apply(route)
    shop.adopt(rollout((("50%", "2m"), ("100%", "3s"))))
    with shop.traffic(50):
        shop.release("v2")
        seen = shop.until(
            "the hold",
            lambda seen: seen.held and (seen.state, seen.reason) == ("Staged", "TrafficShareMismatch"),
            LONGEST,
        )
        assert says in seen.message
        if len(destinations) > 1:
            shop.begin_incident("50%", CANARY)
            assert finished(shop, 1, LONGEST).last["outcome"] == "RolledBack"
