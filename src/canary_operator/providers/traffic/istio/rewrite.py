"""The live object with our part of it exchanged; everything else is shared with it, unknown fields included."""

from collections.abc import Mapping, Sequence

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Destination
from canary_operator.providers.traffic.istio.rules import rules


def with_destinations(live: Object, index: int, route: Sequence[Destination]) -> Object:
    """The http rule at this place gets these destinations."""
    http = list(rules(live))
    http[index] = {**http[index], "route": list(route)}
    return {**live, "spec": {**live["spec"], "http": http}}


def with_annotations(live: Object, annotations: Mapping[str, str]) -> Object:
    """No annotations is no field: the API server keeps no empty one either."""
    rest = {key: value for key, value in live["metadata"].items() if key != "annotations"}
    return {**live, "metadata": {**rest, "annotations": dict(annotations)} if annotations else rest}
