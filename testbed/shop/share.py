"""Reads a VirtualService as Envoy will."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from testbed.shop.manifests import CANARY


def canary_share(virtual_service: Mapping[str, Any]) -> int | float:
    """The canary's share of the rule `primary`, in percent."""
    rules = virtual_service["spec"]["http"]
    destinations = next(rule["route"] for rule in rules if rule["name"] == "primary")
    weights = Counter({it["destination"]["host"]: it.get("weight", 0) for it in destinations})
    total = weights.total()
    share = 100 * weights[CANARY] / total if total else 0
    return int(share) if share == int(share) else share
