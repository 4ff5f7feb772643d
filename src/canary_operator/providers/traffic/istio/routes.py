"""Where in a VirtualService our weights stand: the http rule, and in it the destinations of stable and canary."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio import problems
from canary_operator.providers.traffic.istio.destinations import Destination, subset, weight
from canary_operator.providers.traffic.istio.rules import destinations, places, rules


@dataclass(frozen=True, slots=True)
class Split:
    """Whose split of which http rule, and between which hosts (in full)."""

    rollout: str
    """namespace/name"""
    route: str | None
    """The rule's name; None is the only rule there is."""
    stable: str
    canary: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The http rule that carries the weights."""

    index: int
    """Its place in spec.http."""
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


def choose(live: Object, asked: Split, recorded: Split | None) -> int | Problem:
    """The place of the rule in spec.http.

    What was recorded at the first edit wins over what the spec asks for now. A recorded rule that was renamed since,
    or got company, is known by holding both our hosts.
    """
    if recorded is None:
        return _only(live, asked.route)
    found = _named(live, recorded.route)
    if len(found) != 1:
        found = [index for index in range(len(rules(live))) if _holds_both(live, index, recorded)]
    return found[0] if len(found) == 1 else _only(live, asked.route)


def read(live: Object, index: int, split: Split) -> Rule | Problem:
    """Our destinations in the rule at this place."""
    route = destinations(live, index)
    stable, canary = places(live, index, split.stable), places(live, index, split.canary)
    if problem := _unsplittable(live, index):
        return problem
    if name := next((subset(route[place]) for place in (*stable, *canary) if subset(route[place])), None):
        return problems.subset_named(live, index, name)
    if not stable:
        return problems.stable_missing(live, index, split.stable)
    for wanted, found in ((split.stable, stable), (split.canary, canary)):
        if len(found) > 1:
            return problems.duplicated(live, index, wanted)
    return Rule(index, route, stable[0], canary[0] if canary else None)


def feeds(live: Object, split: Split) -> bool:
    """Some rule that holds both our hosts gives the canary traffic."""
    return any(
        _holds_both(live, index, split)
        and any(weight(destinations(live, index)[place]) for place in places(live, index, split.canary))
        for index in range(len(rules(live)))
    )


def _only(live: Object, name: str | None) -> int | Problem:
    found = _named(live, name)
    if len(found) == 1:
        return found[0]
    return problems.route_ambiguous(live, name) if found else problems.route_not_found(live, name)


def _named(live: Object, name: str | None) -> list[int]:
    return [index for index, rule in enumerate(rules(live)) if name is None or rule.get("name") == name]


def _holds_both(live: Object, index: int, split: Split) -> bool:
    return bool(places(live, index, split.stable) and places(live, index, split.canary))


def _unsplittable(live: Object, index: int) -> Problem | None:
    rule = rules(live)[index]
    if rule.get("delegate"):
        return problems.delegating(live, index)
    kind = next((kind for kind in ("redirect", "directResponse") if kind in rule), None)
    return problems.without_destinations(live, index, kind) if kind else None
