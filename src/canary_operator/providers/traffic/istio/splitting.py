"""The destinations of a rule at a share."""

from fractions import Fraction

from canary_operator.providers.traffic.istio.destinations import (
    INT32,
    Address,
    Destination,
    canary_of,
    rescaled,
    weighted,
)
from canary_operator.providers.traffic.istio.routes import Rule
from canary_operator.providers.traffic.shares import weights_for


def route_at(rule: Rule, share: Fraction, canary: Address, namespace: str) -> list[Destination] | None:
    """The canary gets this share of what it and stable have; None when no integers say so exactly."""
    weights = weights_for(share, rule.ours, tuple(rule.weights[place] for place in rule.others))
    if weights.total > INT32:
        return None
    route = list(rule.destinations)
    for place, new in zip(rule.others, weights.others, strict=True):
        route[place] = rescaled(route[place], new)
    stable = route[rule.stable] = weighted(route[rule.stable], weights.stable)
    if rule.canary is None:
        route.append(canary_of(stable, canary, namespace, weights.canary))
    else:
        route[rule.canary] = weighted(route[rule.canary], weights.canary)
    return route
