"""What there is to know of one kind of route: as objects, without an API server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Look, Problem
from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import Resource
from canary_operator.providers.traffic.partly import Partly


@dataclass(frozen=True, slots=True)
class RouteKind:
    resource: Resource
    names: Callable[[Target], tuple[str, ...]]
    """Of the objects that the rollout means."""
    made: Callable[[Target, str], Object | None]
    """What the operator makes where there is none of this name; None where that is not asked for."""
    foreign: Callable[[Target, Object], Problem | None]
    """Why this object may not be touched: it stands where one of ours is to be made."""
    misshapen: Callable[[Mapping[str, Any]], str | None]
    """What the API server would refuse in a manifest."""
    filled_in: Callable[[Object], Object]
    """With the defaults that the API server would store, where we read them."""
    current: Callable[[Object, Target], Look]
    desired: Callable[[Object, Target, SetWeight], Object | Partly | Problem]
    restored: Callable[[Object, Target], Object | Problem]
    operations: Callable[[Object, Object], list[Operation]]
    """The JSON Patch that makes the second object out of the first."""

    def called(self, target: Target, name: str) -> str:
        """What a person knows the object by."""
        return f"{self.resource.kind} {target.namespace}/{name}"
