"""Where in a VirtualService our weights stand: the rule, and in it the destinations of stable and canary."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio import problems
from canary_operator.providers.traffic.istio.destinations import Address, Destination, host, resolved, subset, weight
from canary_operator.providers.traffic.istio.rules import Spot, destinations, places, rule_at, spots
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector, kind_of, meant, naming
from canary_operator.providers.traffic.managed import Managed


@dataclass(frozen=True, slots=True)
class Split:
    """Whose split of which rule, and between whom."""

    rollout: str
    """namespace/name"""
    route: Selector
    stable: Address
    canary: Address
    place: int = 0
    """Of the rule among those that are asked for in this object."""
    field: str = ""
    """Where the spec asks for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rollout asks of one VirtualService: which rules are split, all alike."""

    rollout: str
    routes: tuple[Selector, ...]
    stable: Address
    canary: Address
    managed: Managed | None = None
    """What the spec asks to insert before each; the record tells what was inserted."""
    at: int = 0
    """Of the object among those that the rollout names."""

    @property
    def splits(self) -> tuple[Split, ...]:
        return tuple(
            Split(self.rollout, route, self.stable, self.canary, place, self._field(route, place))
            for place, route in enumerate(self.routes)
        )

    def _field(self, route: Selector, place: int) -> str:
        """`virtualServices[1].routes[0]`; without a name there is only the list to name one in."""
        kind = f"virtualServices[{self.at}].{problems.FIELDS[kind_of(route)]}"
        return kind if route == HttpRoute(None) else f"{kind}[{place}]"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that carries the weights."""

    spot: Spot
    destinations: Sequence[Destination]
    stable: int
    """Place of the stable destination."""
    canary: int | None
    """Place of the canary destination, where there is one."""

    @property
    def weights(self) -> tuple[int, ...]:
        """One per destination; a single destination gets everything whatever its weight says."""
        return tuple(weight(each) for each in self.destinations) if len(self.destinations) > 1 else (1,)

    @property
    def ours(self) -> int:
        """What stable and canary weigh together."""
        return sum(self.weights[place] for place in (self.stable, self.canary) if place is not None)

    @property
    def others(self) -> tuple[int, ...]:
        """The places of all destinations that are not ours."""
        return tuple(place for place in range(len(self.destinations)) if place not in (self.stable, self.canary))

    @property
    def share(self) -> Fraction | None:
        """The canary's part of what stable and canary receive together; None when they receive nothing."""
        canary = 0 if self.canary is None else self.weights[self.canary]
        return Fraction(canary, self.ours) if self.ours else None


def choose(live: Object, asked: Split, recorded: Split | None, others: Sequence[Split] = ()) -> Spot | Problem:
    """The spot of the rule.

    What was recorded at the first edit wins over what the spec asks for now. A recorded rule that was renamed since,
    or got company, is known by holding both our hosts; so is one that takes any port, or that got another one.
    `others` are recorded too: what they name themselves is not meant.
    """
    if recorded is None:
        return _only(live, asked)
    found = naming(live, recorded.route)
    if len(found) != 1:
        theirs = [spot for other in others for spot in naming(live, other.route)]
        every = [spot for spot in spots(live, kind_of(recorded.route)) if spot not in theirs]
        found = [spot for spot in every if _holds_both(live, spot, recorded)]
    return found[0] if len(found) == 1 else _only(live, asked)


def read(live: Object, spot: Spot, split: Split) -> Rule | Problem:
    """Our destinations in the rule at this spot."""
    route = destinations(live, spot)
    stable, canary = places(live, spot, split.stable), places(live, spot, split.canary)
    if problem := _unsplittable(live, spot, split.field):
        return problem
    if problem := _of_other_subsets(live, spot, split):
        return problem
    if not stable:
        return problems.stable_missing(live, spot, split.stable)
    for wanted, found in ((split.stable, stable), (split.canary, canary)):
        if len(found) > 1:
            return problems.duplicated(live, spot, wanted)
    return Rule(spot, route, stable[0], canary[0] if canary else None)


def feeds(live: Object, split: Split) -> bool:
    """Some rule that holds both our hosts gives the canary traffic."""
    return any(
        _holds_both(live, spot, split)
        and any(weight(destinations(live, spot)[place]) for place in places(live, spot, split.canary))
        for spot in spots(live, kind_of(split.route))
    )


def _only(live: Object, asked: Split) -> Spot | Problem:
    found = meant(live, asked.route)
    if len(found) == 1:
        return found[0]
    complaint = problems.route_ambiguous if found else problems.route_not_found
    return complaint(live, asked.route, asked.field)


def _holds_both(live: Object, spot: Spot, split: Split) -> bool:
    return bool(places(live, spot, split.stable) and places(live, spot, split.canary))


def _of_other_subsets(live: Object, spot: Spot, split: Split) -> Problem | None:
    """A subset where whole Services are split, or the whole Service, canary included, where subsets are."""
    namespace, hosts = live["metadata"]["namespace"], {split.stable.host, split.canary.host}
    ours = [each for each in destinations(live, spot) if resolved(host(each), namespace) in hosts]
    if (name := split.stable.subset) is not None:
        whole = next((host(each) for each in ours if not subset(each)), None)
        return None if whole is None else problems.subset_missing(live, spot, whole, name)
    named = next((subset(each) for each in ours if subset(each)), None)
    return None if named is None else problems.subset_named(live, spot, named)


def _unsplittable(live: Object, spot: Spot, field: str) -> Problem | None:
    rule = rule_at(live, spot)
    if rule.get("delegate"):
        return problems.delegating(live, spot)
    kind = next((kind for kind in ("redirect", "directResponse") if kind in rule), None)
    return problems.without_destinations(live, spot, kind, field) if kind else None
