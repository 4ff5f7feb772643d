"""The live object with our part of it exchanged; everything else is shared with it, unknown fields included."""

from collections.abc import Sequence

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Destination
from canary_operator.providers.traffic.istio.rules import Spot, rules


def with_destinations(live: Object, spot: Spot, route: Sequence[Destination]) -> Object:
    """The rule at this spot gets these destinations."""
    exchanged = list(rules(live, spot.kind))
    exchanged[spot.index] = {**exchanged[spot.index], "route": list(route)}
    return {**live, "spec": {**live["spec"], spot.kind: exchanged}}
