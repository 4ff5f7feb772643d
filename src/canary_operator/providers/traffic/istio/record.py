"""The route's own annotation: what we did to it and what was there before, as one JSON value.

    canary-operator.dev/route: {"shop/checkout": {"run": ..., "stage": 2, "weight": "25%", "purpose": "Stage", ...}}

It maps each rollout to its entry, because several may split different routes of one VirtualService. It is written in
the same patch as the weights, so it is never wrong about them, and it is all that a restore needs.
"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem, RouteRecord
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import annotation, order
from canary_operator.providers.traffic.istio.cookies import held
from canary_operator.providers.traffic.istio.destinations import INT32, Address, weight
from canary_operator.providers.traffic.istio.problems import record_unreadable
from canary_operator.providers.traffic.istio.routes import Rule, Split
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector
from canary_operator.providers.traffic.managed import Managed
from canary_operator.providers.traffic.order import Order


class Original(Model):
    """One of our two destinations as the user wrote it."""

    host: str
    """In full."""
    subset: str | None = None
    """None where whole Services are split."""
    weight: Annotated[int, Field(ge=0, le=INT32)] | None = None
    """None: there was no weight."""
    added: bool = False
    """The user has no such destination; it is ours, and goes away on restore."""
    held: Annotated[int, Field(ge=0, le=3)] = 0
    """How many of `headers`, `response` and `add` the user has there, where a cookie of ours is added."""

    @property
    def address(self) -> Address:
        return Address(self.host, self.subset)


class Kept(Model):
    """One rule as its owner wrote it, and how it is found again."""

    route: str | None = None
    """Name of the http rule; None when it has none."""
    tcp: TcpRoute | None = None
    """The tcp rule, as it was asked for; it has no name."""
    tls: TlsRoute | None = None
    """The tls rule, as it was asked for; it has no name."""
    stable: Original
    """The stable destination before the first edit."""
    canary: Original
    """The canary destination before the first edit."""
    place: Annotated[int, Field(ge=0)] = 0
    """Of the rule among those that the rollout asks for in this object."""

    @classmethod
    def of(cls, rule: Rule, name: str | None, split: Split) -> Self:
        """Of a rule that is as its owner wrote it.

        A canary that has traffic already goes back to 0 and not to that weight, whoever gave it: after a run its pods
        are gone.
        """
        stable = rule.ours if rule.share else rule.destinations[rule.stable].get("weight")
        found = None if rule.canary is None else rule.destinations[rule.canary]
        canary = (0 if weight(found) else found.get("weight")) if found else None
        return cls(
            route=name,
            tcp=split.route if isinstance(split.route, TcpRoute) else None,
            tls=split.route if isinstance(split.route, TlsRoute) else None,
            stable=Original(host=split.stable.host, subset=split.stable.subset, weight=stable),
            canary=Original(host=split.canary.host, subset=split.canary.subset, weight=canary, added=found is None),
            place=split.place,
        )

    def after(self, name: str | None, *, adding: bool) -> Self:
        """The same originals under its present name; `adding`: the canary destination is ours from now on."""
        stable = self.stable.model_copy(update={"held": 0})
        canary = (
            Original(host=self.canary.host, subset=self.canary.subset, added=True)
            if adding
            else self.canary.model_copy(update={"held": 0})
        )
        return self.model_copy(update={"route": name, "stable": stable, "canary": canary})

    def holding(self, rule: Rule) -> Self:
        """With what its owner has of the way to a cookie; `rule` is without any of ours.

        A canary destination that is not there yet becomes a copy of stable's.
        """
        stable, canary = rule.stable, rule.stable if rule.canary is None else rule.canary
        places = {"stable": (self.stable, stable), "canary": (self.canary, canary)}
        found = {arm: one.model_copy(update={"held": held(rule.destinations[at])}) for arm, (one, at) in places.items()}
        return self.model_copy(update=found)

    def split(self, rollout: str, field: str) -> Split:
        selector: Selector = self.tcp or self.tls or HttpRoute(self.route)
        return Split(rollout, selector, self.stable.address, self.canary.address, self.place, field)


class Entry(Order):
    """One rollout's part of the record: its last order, and the rules that it split."""

    route: str | None = None
    tcp: TcpRoute | None = None
    tls: TlsRoute | None = None
    stable: Original
    canary: Original
    place: Annotated[int, Field(ge=0)] = 0
    managed: Managed | None = None
    """What our rules before each were made from; None when there are none."""
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
