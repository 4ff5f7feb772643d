"""The backends of a rule at a share."""

from fractions import Fraction

from canary_operator.providers.traffic.gateway_api.backends import (
    MOST_WEIGHT,
    Backend,
    canary_of,
    rescaled,
    weighted,
)
from canary_operator.providers.traffic.gateway_api.routes import Rule
from canary_operator.providers.traffic.shares import weights_for


def backends_at(rule: Rule, share: Fraction, canary: str) -> list[Backend] | None:
    """The canary gets this share of what it and stable have; None when no weights that the API takes say so exactly.

    What both weigh together must be a weight too: a rollback gives all of it to one of them.
    """
    weights = weights_for(share, rule.ours, tuple(rule.weights[place] for place in rule.others))
    if max((weights.ours, *weights.others)) > MOST_WEIGHT:
        return None
    exchanged = list(rule.backends)
    for place, new in zip(rule.others, weights.others, strict=True):
        exchanged[place] = rescaled(exchanged[place], new)
    stable = exchanged[rule.stable] = weighted(exchanged[rule.stable], weights.stable)
    if rule.canary is None:
        exchanged.append(canary_of(stable, canary, weights.canary))
    else:
        exchanged[rule.canary] = weighted(exchanged[rule.canary], weights.canary)
    return exchanged
