"""What those who serve the route say about it in its status."""

from collections.abc import Iterator, Mapping
from typing import Any

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.problems import not_accepted, refused

_MISSING_BACKEND = "BackendNotFound"
"""Before a run that may be the canary Service, which is made when it is needed; in a run its pods are watched."""
_WHERE = ("Listener", "Parent", "Pending")
"""Parts of the reasons why a parent does not accept a route whatever its rules say: the API's own, such as
NoMatchingListenerHostname, and those that implementations have added, such as ParentRefConflict."""

Said = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A parent, and the condition by which it complains."""


def not_obeyed(live: Object) -> Problem | None:
    """Before a run: no parent accepts the present spec, or one complains of what it says.

    No word about it is no complaint.
    """
    parents = _parents(live)
    refusing = [(parent, said) for parent in parents if (said := _condition(live, parent, "Accepted", "False"))]
    complaint = refusing[0] if refusing and len(refusing) == len(parents) else _of_the_rules(live)
    return refused(live, *_told(*complaint)) if complaint else None


def not_taken(live: Object) -> Problem | None:
    """In a run: a parent complains of what the spec says, since we wrote into it."""
    complaint = _of_the_rules(live)
    return not_accepted(live, *_told(*complaint)) if complaint else None


def _parents(live: Object) -> list[Mapping[str, Any]]:
    return (live.get("status") or {}).get("parents") or []


def _of_the_rules(live: Object) -> Said | None:
    return next(_complaints(live), None)


def _complaints(live: Object) -> Iterator[Said]:
    for parent in _parents(live):
        accepted = _condition(live, parent, "Accepted", "False")
        if accepted and not any(part in str(accepted.get("reason")) for part in _WHERE):
            yield parent, accepted
        if dropped := _condition(live, parent, "PartiallyInvalid", "True"):
            yield parent, dropped
        resolved = _condition(live, parent, "ResolvedRefs", "False")
        if resolved and resolved.get("reason") != _MISSING_BACKEND:
            yield parent, resolved


def _condition(live: Object, parent: Mapping[str, Any], kind: str, status: str) -> Mapping[str, Any] | None:
    """The condition, where it has this status and is about the object as it is now."""
    for condition in parent.get("conditions") or ():
        if condition.get("type") == kind and condition.get("status") == status:
            generation = live["metadata"].get("generation")
            return condition if condition.get("observedGeneration", generation) == generation else None
    return None


def _told(parent: Mapping[str, Any], condition: Mapping[str, Any]) -> tuple[str, str]:
    reference = parent.get("parentRef") or {}
    name = f"{reference.get('kind') or 'Gateway'} {reference.get('name')}"
    return name, f"{condition.get('reason')}: {condition.get('message')}"
