"""Reads a VirtualService as Envoy will."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from testbed.shop.manifests import CANARY, SUBSETS


def canary_share(virtual_service: Mapping[str, Any]) -> int | float:
    """The canary's share of the rule `primary`, in percent."""
    rules = virtual_service["spec"]["http"]
    destinations = next(rule["route"] for rule in rules if rule["name"] == "primary")
    weights: Counter[bool] = Counter()
    for each in destinations:
        weights[_is_canary(each["destination"])] += each.get("weight", 0)
    total = weights.total()
    share = 100 * weights[True] / total if total else 0
    return int(share) if share == int(share) else share


def _is_canary(destination: Mapping[str, Any]) -> bool:
    """Its Service, or its subset of the one Service."""
    return destination["host"] == CANARY or destination.get("subset") == SUBSETS[1]
