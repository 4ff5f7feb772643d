"""Requests that the pods count by themselves, where Istio counts none: `preset: requests`."""

import pytest

from testbed.shop import Rollout, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

STAGES = (("50%", "10s"), ("100%", "3s"))
LONG = (("50%", "10m"), ("100%", "10m"))
REQUESTS = {"preset": "requests", "maxIncrease": "50%"}
LONGEST = 120


def ended(shop: Shop, tag: str, stages: tuple[tuple[str, str], ...], metric: object) -> Rollout:
    shop.adopt(rollout(stages, {"metrics": [metric]}))
    with shop.traffic(50):
        shop.release(tag)
        return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_a_release_that_answers_well_is_shipped(shop: Shop) -> None:
    assert ended(shop, "v2", STAGES, REQUESTS).outcomes == ["Promoted"]


def test_a_release_that_fails_is_taken_back(shop: Shop) -> None:
    last = ended(shop, "v2-e30", LONG, REQUESTS).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert "requests of the canary failed" in last["message"], last["message"]
    assert "allowed is 1.5 times the baseline's rate" in last["message"]


def test_a_label_that_is_called_otherwise_is_told_before_any_traffic_moves(shop: Shop) -> None:
    """With a series that there is, so that one sees what it is called."""
    shop.adopt(rollout(STAGES, {"metrics": [{**REQUESTS, "requests": {"podLabel": "pod_name"}}]}))
    with shop.traffic(50):
        shop.release("v2")
        seen = shop.until("the hold", lambda seen: seen.held and "One of its series has" in seen.message, LONGEST)
        assert (seen.reason, seen.state, shop.weight()) == ("MetricsMissing", "Preparing", 0)
        assert 'pod_name=~"checkout-' in seen.message
        assert 'pod="' in seen.message
