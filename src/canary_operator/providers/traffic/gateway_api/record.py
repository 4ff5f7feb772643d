"""What the route's annotation says of one rollout: what we did, and what the backends were before."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.core.world import Problem, RouteRecord
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import annotation, order
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT
from canary_operator.providers.traffic.gateway_api.cookies import held
from canary_operator.providers.traffic.gateway_api.problems import record_unreadable, route_taken
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split
from canary_operator.providers.traffic.gateway_api.rules import name_of
from canary_operator.providers.traffic.holders import holder
from canary_operator.providers.traffic.managed import Managed
from canary_operator.providers.traffic.order import Order


class Original(Model):
    """One of our two backends as the user wrote it."""

    service: str
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT)] = 0
    added: bool = False
    """The user has no such backend; it is ours, and goes away on restore."""
    held: Annotated[int, Field(ge=0, le=3)] = 0
    """How much of the filters, the one for response headers, and its `add` the user has there, where a cookie of ours
    is added."""


class Kept(Model):
    """One rule as its owner wrote it, and how it is found again."""

    rule: str | None = None
    """Its name; None when it has none."""
    stable: Original
    """The stable backend before the first edit."""
    canary: Original
    """The canary backend before the first edit."""
    place: Annotated[int, Field(ge=0)] = 0
    """Of the rule among those that the rollout asks for in this object."""

    @classmethod
    def of(cls, rule: Rule, name: str | None, split: Split) -> Self:
        """Of a rule that is as its owner wrote it.

        A canary that has traffic already goes back to 0 and not to that weight, whoever gave it: after a run its pods
        are gone.
        """
        return cls(
            rule=name,
            stable=Original(service=split.stable, weight=min(MOST_WEIGHT, rule.ours)),
            canary=Original(service=split.canary, added=rule.canary is None),
            place=split.place,
        )

    def after(self, name: str | None, *, adding: bool) -> Self:
        """The same originals under its present name; `adding`: the canary backend is ours from now on."""
        stable = self.stable.model_copy(update={"held": 0})
        canary = (
            Original(service=self.canary.service, added=True) if adding else self.canary.model_copy(update={"held": 0})
        )
        return self.model_copy(update={"rule": name, "stable": stable, "canary": canary})

    def holding(self, rule: Rule) -> Self:
        """With what its owner has of the way to a cookie; `rule` is without any of ours.

        A canary backend that is not there yet becomes a copy of stable's.
        """
        stable, canary = rule.stable, rule.stable if rule.canary is None else rule.canary
        places = {"stable": (self.stable, stable), "canary": (self.canary, canary)}
        found = {arm: one.model_copy(update={"held": held(rule.backends[at])}) for arm, (one, at) in places.items()}
        return self.model_copy(update=found)

    def split(self, rollout: str, field: str) -> Split:
        """As it was first written."""
        return Split(rollout, self.rule, self.stable.service, self.canary.service, self.place, field)


class Entry(Order):
    """One rollout's part of the record: its last order, and the rules that it split."""

    rule: str | None = None
    stable: Original
    canary: Original
    managed: Managed | None = None
    """What our rules before each were made from; None when there are none."""
    place: Annotated[int, Field(ge=0)] = 0
    more: tuple[Kept, ...] = ()
    """All other rules."""

    @property
    def kept(self) -> tuple[Kept, ...]:
        return Kept.model_validate({name: getattr(self, name) for name in Kept.model_fields}), *self.more

    def said(self) -> RouteRecord:
        """What the rest of the operator may know of it."""
        return self.told(self.managed)


def read_entry(live: Object, rollout: str) -> Entry | Problem | None:
    found = annotation.read(live, rollout, Entry)
    return record_unreadable(live, found) if isinstance(found, str) else found


def with_rest(live: Object, rollout: str, kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """These, and of the record those that were not reached this time, so that nothing is forgotten."""
    entry = read_entry(live, rollout)
    return order.with_rest(entry.kept if isinstance(entry, Entry) else (), kept)


def taken(live: Object, rollout: str, place: int) -> Problem | None:
    """Another rollout splits the rule at this place."""
    found = holder(live, rollout, lambda part: part.get("rule") == name_of(live, place))
    return None if found is None else route_taken(live, place, found)
