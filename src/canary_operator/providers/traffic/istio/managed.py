"""Rules of ours in a VirtualService."""

from collections.abc import Sequence

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.rules import Spot, rules
from canary_operator.providers.traffic.managed import owner_of


def ours_in(live: Object, rollout: str) -> list[tuple[int, Object]]:
    """Our rules with their places."""
    owner = rollout.rpartition("/")[2]
    return [(place, rule) for place, rule in enumerate(rules(live, "http")) if owner_of(rule) == owner]


def without_rules(live: Object, rollout: str) -> Object:
    """The object without them; the same object where there are none."""
    ours = {place for place, _ in ours_in(live, rollout)}
    if not ours:
        return live
    rest = [rule for place, rule in enumerate(rules(live, "http")) if place not in ours]
    return {**live, "spec": {**live["spec"], "http": rest}}


def inserted(live: Object, spot: Spot, ours: Sequence[Object]) -> Object:
    """Directly before the rule at this spot, so that none overtakes an earlier one of the user's."""
    every = rules(live, "http")
    return {**live, "spec": {**live["spec"], "http": [*every[: spot.index], *ours, *every[spot.index :]]}}
