"""Where in an HTTPRoute our weights stand: the rule, and in it the backends of stable and canary."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api import problems
from canary_operator.providers.traffic.gateway_api.backends import Backend, weight
from canary_operator.providers.traffic.gateway_api.rules import backends, backends_of, named, redirects, rules
from canary_operator.providers.traffic.managed import Managed


@dataclass(frozen=True, slots=True)
class Split:
    """Whose split of which rule, and between which Services of the route's namespace."""

    rollout: str
    """namespace/name"""
    rule: str | None
    """Its name; None is the only rule there is."""
    stable: str
    canary: str
    place: int = 0
    """Of the rule among those that are asked for in this object."""
    field: str = ""
    """Where the spec asks for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rollout asks of one HTTPRoute: which rules are split, all alike."""

    rollout: str
    rules: tuple[str | None, ...]
    stable: str
    canary: str
    shares: tuple[Fraction, ...] = ()
    """The canary's, as the spec plans them."""
    managed: Managed | None = None
    """What the spec asks to insert before each; the record tells what was inserted."""
    at: int = 0
    """Of the object among those that the rollout names."""

    @property
    def splits(self) -> tuple[Split, ...]:
        return tuple(
            Split(self.rollout, rule, self.stable, self.canary, place, self._field(rule, place))
            for place, rule in enumerate(self.rules)
        )

    def _field(self, rule: str | None, place: int) -> str:
        """`httpRoutes[1].rules[0]`; without a name there is only the list to name one in."""
        every = f"httpRoutes[{self.at}].rules"
        return every if rule is None else f"{every}[{place}]"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that carries the weights."""

    place: int
    backends: Sequence[Backend]
    stable: int
    """Place of the stable backend."""
    canary: int | None
    """Place of the canary backend, where there is one."""
    beside: frozenset[int] = frozenset()
    """The places of all other rules that are split along with it."""

    @property
    def weights(self) -> tuple[int, ...]:
        """One per backend; a single one with weight 0 gets nothing."""
        return tuple(weight(each) for each in self.backends)

    @property
    def ours(self) -> int:
        """What stable and canary weigh together."""
        return sum(self.weights[place] for place in (self.stable, self.canary) if place is not None)

    @property
    def others(self) -> tuple[int, ...]:
        """The places of all backends that are not ours."""
        return tuple(place for place in range(len(self.backends)) if place not in (self.stable, self.canary))

    @property
    def share(self) -> Fraction | None:
        """The canary's part of what stable and canary receive together; None when they receive nothing."""
        canary = 0 if self.canary is None else self.weights[self.canary]
        return Fraction(canary, self.ours) if self.ours else None


def choose(live: Object, asked: Split, recorded: Split | None, others: Sequence[Split] = ()) -> int | Problem:
    """The place of the rule.

    What was recorded at the first edit wins over what the spec asks for now. A recorded rule that was renamed since,
    or got company, is known by holding both our Services. `others` are recorded too: what they name is not meant.
    """
    if recorded is None:
        return _only(live, asked)
    found = named(live, recorded.rule)
    if len(found) != 1:
        theirs = [place for other in others for place in named(live, other.rule)]
        every = [place for place in range(len(rules(live))) if place not in theirs]
        found = [place for place in every if _holds_both(live, place, recorded)]
    return found[0] if len(found) == 1 else _only(live, asked)


def read(live: Object, place: int, split: Split) -> Rule | Problem:
    """Our backends in the rule at this place."""
    stable, canary = backends_of(live, place, split.stable), backends_of(live, place, split.canary)
    if redirects(live, place):
        return problems.redirecting(live, place, split.field)
    if not stable:
        return problems.stable_missing(live, place, split.stable)
    for wanted, found in ((split.stable, stable), (split.canary, canary)):
        if len(found) > 1:
            return problems.named_twice(live, place, wanted)
    return Rule(place, backends(live, place), stable[0], canary[0] if canary else None)


def feeds(live: Object, split: Split) -> bool:
    """Some rule that holds both our Services gives the canary traffic."""
    return any(
        _holds_both(live, place, split)
        and any(weight(backends(live, place)[index]) for index in backends_of(live, place, split.canary))
        for place in range(len(rules(live)))
    )


def _only(live: Object, asked: Split) -> int | Problem:
    found = named(live, asked.rule)
    if len(found) == 1:
        return found[0]
    complaint = problems.rule_ambiguous if found else problems.rule_not_found
    return complaint(live, asked.rule, asked.field)


def _holds_both(live: Object, place: int, split: Split) -> bool:
    return bool(backends_of(live, place, split.stable) and backends_of(live, place, split.canary))
