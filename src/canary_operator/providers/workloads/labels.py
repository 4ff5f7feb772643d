"""The one label by which stable's selectors tell canary pods from their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.marks import label_value

_USUAL = ("app", "app.kubernetes.io/name")


@dataclass(frozen=True, slots=True)
class Override:
    """The label's key, its value on stable pods and its value on canary pods."""

    key: str
    stable: str
    canary: str


def candidates(deployment: Object, service: Object) -> tuple[str, ...]:
    """Keys that both the Deployment and the Service select by, with the same value."""
    selector = deployment["spec"]["selector"]
    by_expression = {expression["key"] for expression in selector.get("matchExpressions") or []}
    labels, selected = selector.get("matchLabels") or {}, service["spec"].get("selector") or {}
    return tuple(sorted(key for key in labels.keys() - by_expression if selected.get(key) == labels[key]))


def choose_override(deployment: Object, service: Object, asked: str | None) -> Override | Problem:
    """The label that the user asked for; else the only candidate, or of several the usual one."""
    keys = candidates(deployment, service)
    usual = [key for key in _USUAL if key in keys]
    key = asked or (keys[0] if len(keys) == 1 else next(iter(usual), None))
    if key not in keys:
        return _no_label(deployment, service, keys, asked)
    stable = deployment["spec"]["selector"]["matchLabels"][key]
    return Override(key, stable, label_value(f"{stable}-canary"))


def _no_label(deployment: Object, service: Object, keys: tuple[str, ...], asked: str | None) -> Problem:
    both = f"Deployment {deployment['metadata']['name']} and Service {service['metadata']['name']}"
    if not keys:
        return Problem(
            reasons.LABEL_NOT_FOUND,
            f"the selectors of {both} have no label in common that could tell canary pods from stable pods; "
            "give the Service's selector a label of the Deployment's selector",
        )
    named = f"spec.workload.canaryLabel {asked!r} is not among" if asked else "set spec.workload.canaryLabel to one of"
    return Problem(reasons.LABEL_NOT_FOUND, f"{named} the labels that {both} both select by: {', '.join(keys)}")


def selector_text(selector: Mapping[str, Any]) -> str:
    """A selector as list calls take it: `app=checkout,tier in (a,b)`."""
    equal = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    return ",".join(equal + [_expression_text(part) for part in selector.get("matchExpressions") or []])


def _expression_text(expression: Mapping[str, Any]) -> str:
    key, values = expression["key"], ",".join(expression.get("values") or [])
    match expression["operator"]:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
    return str(key)
