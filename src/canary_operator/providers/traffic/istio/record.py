"""The route's own annotation: what we did to it and what was there before, as one JSON value.

    canary-operator.dev/route: {"shop/checkout": {"run": ..., "stage": 2, "weight": "25%", "purpose": "Stage", ...}}

It maps each rollout to its entry, because several may split different routes of one VirtualService. It is written in
the same patch as the weights, so it is never wrong about them, and it is all that a restore needs.
"""

import json
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError

from canary_operator.api.model import Model
from canary_operator.api.quantities import Share
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, RouteRecord
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import INT32, weight
from canary_operator.providers.traffic.istio.problems import ANNOTATION, record_unreadable, route_taken
from canary_operator.providers.traffic.istio.routes import Rule, Split


class Original(Model):
    """One of our two destinations as the user wrote it."""

    host: str
    """In full."""
    weight: Annotated[int, Field(ge=0, le=INT32)] | None = None
    """None: there was no weight."""
    added: bool = False
    """The user has no such destination; it is ours, and goes away on restore."""


class Entry(Model):
    """One rollout's part of the record."""

    run: str
    """Id of the run that wrote last."""
    stage: int
    """Its stage, counted from 1."""
    weight: Annotated[Share, Field(ge=0, le=1)]
    """The canary's share of stable and canary."""
    purpose: Purpose
    """Why it was written."""
    route: str | None = None
    """Name of the http rule; None when it has none."""
    stable: Original
    """The stable destination before the first edit."""
    canary: Original
    """The canary destination before the first edit."""

    @classmethod
    def first(cls, rule: Rule, name: str | None, split: Split, action: SetWeight) -> Self:
        """The entry of a first edit: the rule is as its owner wrote it.

        A canary that has traffic already goes back to 0 and not to that weight, whoever gave it: after a run its pods
        are gone.
        """
        share = rule.share
        stable = rule.ours if share else rule.destinations[rule.stable].get("weight")
        found = None if rule.canary is None else rule.destinations[rule.canary]
        canary = (0 if weight(found) else found.get("weight")) if found else None
        return cls(
            run=action.run,
            stage=action.stage,
            weight=action.weight,
            purpose=action.purpose,
            route=name,
            stable=Original(host=split.stable, weight=stable),
            canary=Original(host=split.canary, weight=canary, added=found is None),
        )

    def after(self, action: SetWeight, name: str | None, *, adding: bool = False) -> Self:
        """The same originals under the next weight; `adding`: the canary destination is ours from now on."""
        said = {"run": action.run, "stage": action.stage, "weight": action.weight, "purpose": action.purpose}
        canary = Original(host=self.canary.host, added=True) if adding else self.canary
        return self.model_copy(update={**said, "route": name, "canary": canary})

    def split(self, rollout: str) -> Split:
        return Split(rollout, self.route, self.stable.host, self.canary.host)

    def said(self) -> RouteRecord:
        """What the rest of the operator may know of it."""
        return RouteRecord(self.run, self.stage, self.weight, self.purpose)


def annotation(live: Object) -> str | None:
    return (live["metadata"].get("annotations") or {}).get(ANNOTATION)


def entries(live: Object) -> dict[str, Any] | Problem:
    """The raw entry of each rollout; empty where there is no annotation."""
    try:
        parsed = json.loads(annotation(live) or "{}")
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else record_unreadable(live, "is not a JSON object")


def read_entry(live: Object, rollout: str) -> Entry | Problem | None:
    found = entries(live)
    if isinstance(found, Problem) or rollout not in found:
        return found if isinstance(found, Problem) else None
    try:
        return Entry.model_validate(found[rollout])
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "all of it"
        return record_unreadable(live, f"has a damaged entry for {rollout} ({where})")


def taken(live: Object, rollout: str, name: str | None) -> Problem | None:
    """Another rollout splits the route of this name."""
    found = entries(live)
    holders = () if isinstance(found, Problem) else found.items()
    for holder, entry in holders:
        if holder != rollout and isinstance(entry, dict) and entry.get("route") == name:
            return route_taken(live, holder)
    return None


def shared(live: Object, rollout: str) -> bool:
    """Somebody else's entry stands in the annotation too."""
    found = entries(live)
    return not isinstance(found, Problem) and any(holder != rollout for holder in found)


def annotations(live: Object, rollout: str, entry: Entry | None) -> dict[str, str]:
    """All annotations with this entry in ours, or without it; what we don't know in an entry is kept."""
    found = entries(live)
    known: dict[str, Any] = {} if isinstance(found, Problem) else dict(found)
    old = known.pop(rollout, {})
    if entry is not None:
        known[rollout] = (old if isinstance(old, dict) else {}) | _dumped(entry)
    rest = {key: value for key, value in (live["metadata"].get("annotations") or {}).items() if key != ANNOTATION}
    return rest | {ANNOTATION: json.dumps(known, separators=(",", ":"))} if known else rest


def _dumped(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
