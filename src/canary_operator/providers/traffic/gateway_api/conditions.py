"""What those who serve the route say about it in its status."""

from collections.abc import Mapping
from typing import Any

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.problems import refused

_MISSING_BACKEND = "BackendNotFound"
"""Before a run that may be the canary Service, which is made when it is needed."""


def not_obeyed(live: Object) -> Problem | None:
    """No parent accepts the present spec, or one can't follow its references; no word about it is no complaint."""
    parents = (live.get("status") or {}).get("parents") or []
    refusing = [(parent, said) for parent in parents if (said := _false(live, parent, "Accepted"))]
    if refusing and len(refusing) == len(parents):
        return _told(live, *refusing[0])
    unresolved = [(parent, said) for parent in parents if (said := _false(live, parent, "ResolvedRefs"))]
    foul = next((each for each in unresolved if each[1].get("reason") != _MISSING_BACKEND), None)
    return _told(live, *foul) if foul else None


def _false(live: Object, parent: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The condition, where it is false and about the object as it is now."""
    for condition in parent.get("conditions") or ():
        if condition.get("type") == kind and condition.get("status") == "False":
            generation = live["metadata"].get("generation")
            return condition if condition.get("observedGeneration", generation) == generation else None
    return None


def _told(live: Object, parent: Mapping[str, Any], condition: Mapping[str, Any]) -> Problem:
    reference = parent.get("parentRef") or {}
    name = f"{reference.get('kind') or 'Gateway'} {reference.get('name')}"
    return refused(live, name, f"{condition.get('reason')}: {condition.get('message')}")
