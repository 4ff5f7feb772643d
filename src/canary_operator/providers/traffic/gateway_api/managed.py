"""Rules of ours in an HTTPRoute."""

from collections.abc import Sequence

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.rules import rules, with_rules
from canary_operator.providers.traffic.managed import owner_of


def ours_in(live: Object, rollout: str) -> list[tuple[int, Object]]:
    """Our rules with their places."""
    owner = rollout.rpartition("/")[2]
    return [(place, rule) for place, rule in enumerate(rules(live)) if owner_of(rule) == owner]


def without_rules(live: Object, rollout: str) -> Object:
    """The object without them; the same object where there are none."""
    ours = {place for place, _ in ours_in(live, rollout)}
    if not ours:
        return live
    return with_rules(live, [rule for place, rule in enumerate(rules(live)) if place not in ours])


def inserted(live: Object, place: int, ours: Sequence[Object]) -> Object:
    """Directly before the rule at this place: of two rules that say as much, the earlier one is obeyed."""
    every = rules(live)
    return with_rules(live, [*every[:place], *ours, *every[place:]]) if ours else live
