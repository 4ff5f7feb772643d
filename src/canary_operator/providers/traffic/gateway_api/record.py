"""What the route's annotation says of one rollout: what we did, and what the backends were before."""

from typing import Annotated, Self

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.quantities import Share
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, RouteRecord
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import annotation
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT
from canary_operator.providers.traffic.gateway_api.cookies import held
from canary_operator.providers.traffic.gateway_api.problems import record_unreadable, route_taken
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split
from canary_operator.providers.traffic.managed import Managed


class Original(Model):
    """One of our two backends as the user wrote it."""

    service: str
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT)] = 0
    added: bool = False
    """The user has no such backend; it is ours, and goes away on restore."""
    held: Annotated[int, Field(ge=0, le=3)] = 0
    """How much of the filters, the one for response headers, and its `add` the user has there, where a cookie of ours
    is added."""


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
    rule: str | None = None
    """Name of the rule; None when it has none."""
    stable: Original
    """The stable backend before the first edit."""
    canary: Original
    """The canary backend before the first edit."""
    managed: Managed | None = None
    """What our rules before it were made from; None when there are none."""

    @classmethod
    def first(cls, rule: Rule, name: str | None, split: Split, action: SetWeight) -> Self:
        """The entry of a first edit: the rule is as its owner wrote it.

        A canary that has traffic already goes back to 0 and not to that weight, whoever gave it: after a run its pods
        are gone.
        """
        return cls(
            run=action.run,
            stage=action.stage,
            weight=action.weight,
            purpose=action.purpose,
            rule=name,
            stable=Original(service=split.stable, weight=min(MOST_WEIGHT, rule.ours)),
            canary=Original(service=split.canary, added=rule.canary is None),
            managed=Managed.of(action),
        )

    def after(self, action: SetWeight, name: str | None, *, adding: bool = False) -> Self:
        """The same originals under the next weight; `adding`: the canary backend is ours from now on."""
        said = {"run": action.run, "stage": action.stage, "weight": action.weight, "purpose": action.purpose}
        stable = self.stable.model_copy(update={"held": 0})
        canary = self.canary.model_copy(update={"held": 0})
        if adding:
            canary = Original(service=self.canary.service, added=True)
        backends = {"stable": stable, "canary": canary}
        return self.model_copy(update={**said, "rule": name, **backends, "managed": Managed.of(action)})

    def holding(self, rule: Rule) -> Self:
        """With what its owner has of the way to a cookie; `rule` is without any of ours.

        A canary backend that is not there yet becomes a copy of stable's.
        """
        stable, canary = rule.stable, rule.stable if rule.canary is None else rule.canary
        places = {"stable": (self.stable, stable), "canary": (self.canary, canary)}
        found = {arm: one.model_copy(update={"held": held(rule.backends[at])}) for arm, (one, at) in places.items()}
        return self.model_copy(update=found)

    def split(self, rollout: str) -> Split:
        """As it was first written."""
        return Split(rollout, self.rule, self.stable.service, self.canary.service)

    def said(self) -> RouteRecord:
        """What the rest of the operator may know of it."""
        matched = self.managed is not None and bool(self.managed.matches)
        copies = None if self.managed is None else self.managed.copies
        mirror = None if copies is None else copies.percentage
        return RouteRecord(self.run, self.stage, self.weight, self.purpose, matched=matched, mirror=mirror)


def read_entry(live: Object, rollout: str) -> Entry | Problem | None:
    found = annotation.read(live, rollout, Entry)
    return record_unreadable(live, found) if isinstance(found, str) else found


def taken(live: Object, rollout: str, name: str | None) -> Problem | None:
    """Another rollout splits the rule of this name."""
    for holder, entry in (annotation.entries(live) or {}).items():
        if holder != rollout and isinstance(entry, dict) and entry.get("rule") == name:
            return route_taken(live, holder)
    return None
