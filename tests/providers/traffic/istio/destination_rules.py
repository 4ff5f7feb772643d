"""DestinationRules before and after a subset of ours."""

import copy
from typing import Any

import jsonpatch

from canary_operator.api.rollout import Subsets
from canary_operator.providers.traffic.istio.subsets import (
    operations,
    with_subset,
)

STABLE = {"name": "stable", "labels": {"version": "v1"}}

CANARY = {"version": "v1-canary"}

ME = "shop/checkout"


def a_rule(*subsets: Any, annotations: dict[str, str] | None = None, host: str = "checkout", **spec: Any) -> Any:
    metadata: dict[str, Any] = {"name": "checkout", "namespace": "shop"}
    if annotations is not None:
        metadata["annotations"] = annotations
    body = {"host": host, **({"subsets": list(subsets)} if subsets else {}), **spec}
    return {"kind": "DestinationRule", "metadata": metadata, "spec": body}


def patched(rule: Any, wanted: Any) -> Any:
    """What the API server holds after our patch, which makes exactly what was wanted."""
    found = jsonpatch.apply_patch(copy.deepcopy(rule), operations(rule, wanted))
    assert found == wanted
    return found


def added(rule: Any, owner: str = ME, subset: str = "canary") -> Any:
    subsets = Subsets(destination_rule="checkout", canary=subset)
    return patched(rule, with_subset(rule, subsets, CANARY, owner))
