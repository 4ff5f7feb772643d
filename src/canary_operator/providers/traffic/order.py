"""What every rollout's entry in a route's annotation begins with: its last order."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.quantities import Share
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import RouteRecord
from canary_operator.providers.traffic.managed import Managed


class Order(Model):
    run: str
    """Id of the run that wrote last."""
    stage: int
    """Its stage, counted from 1."""
    weight: Annotated[Share, Field(ge=0, le=1)]
    """The canary's share of stable and canary."""
    purpose: Purpose
    """Why it was written."""

    @classmethod
    def of(cls, action: SetWeight, kept: Sequence[Model]) -> Self:
        """The entry of at least one rule once this order was followed.

        The first of them stands in the entry itself, as versions wrote it that knew of one only.
        """
        first = {name: getattr(kept[0], name) for name in type(kept[0]).model_fields}
        said = {"run": action.run, "stage": action.stage, "weight": action.weight, "purpose": action.purpose}
        return cls.model_validate({**said, **first, "managed": Managed.of(action), "more": tuple(kept[1:])})

    def told(self, managed: Managed | None) -> RouteRecord:
        """What the rest of the operator may know of it."""
        matched = managed is not None and bool(managed.matches)
        copies = None if managed is None else managed.copies
        mirror = None if copies is None else copies.percentage
        return RouteRecord(self.run, self.stage, self.weight, self.purpose, matched=matched, mirror=mirror)


class Placed(Protocol):
    @property
    def place(self) -> int:
        """Of the rule among those that the rollout asks for in this object."""


Kept = TypeVar("Kept", bound=Placed)


def with_rest(known: Iterable[Kept], kept: Iterable[Kept]) -> tuple[Kept, ...]:
    """These, and of those that are known all that were not reached this time, so that nothing is forgotten."""
    every = {one.place: one for one in (*known, *kept)}
    return tuple(every[place] for place in sorted(every))
