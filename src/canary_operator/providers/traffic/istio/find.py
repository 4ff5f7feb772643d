"""The rules to edit, by our record of them and else by the spec."""

from dataclasses import dataclass
from functools import partial

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import meant
from canary_operator.providers.traffic.istio.holders import taken
from canary_operator.providers.traffic.istio.problems import asked_twice
from canary_operator.providers.traffic.istio.record import Entry, Kept, read_entry
from canary_operator.providers.traffic.istio.routes import Asked, Rule, Split, choose, read
from canary_operator.providers.traffic.istio.rules import Spot, name_of

Chosen = meant.Chosen[Split, Spot, Kept]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that can be split, and what we wrote about it."""

    rule: Rule
    name: str | None
    split: Split
    kept: Kept | None

    @property
    def spot(self) -> Spot:
        return self.rule.spot


def find(live: Object, asked: Asked) -> tuple[Found | Problem, ...]:
    """Each that is asked for."""
    entry = read_entry(live, asked.rollout)
    if isinstance(entry, Problem):
        return (entry,)
    return tuple(_found(live, one) for one in choose_all(live, asked, entry))


def choose_all(live: Object, asked: Asked, entry: Entry | None) -> tuple[Chosen, ...]:
    """What the spec asks for, and what the record alone still knows of; no spot is meant twice."""
    wanted = {split.place: split for split in asked.splits}
    return meant.choose_all(
        wanted,
        {one.place: one for one in entry.kept} if entry else {},
        lambda one: one.split(asked.rollout, wanted[one.place].field if one.place in wanted else ""),
        partial(choose, live),
        lambda spot, split: asked_twice(live, spot, split.field),
    )


def _found(live: Object, one: Chosen) -> Found | Problem:
    if isinstance(one.spot, Problem):
        return one.spot
    rule = read(live, one.spot, one.split)
    if isinstance(rule, Problem):
        return rule
    problem = taken(live, one.split.rollout, one.spot) if one.kept is None else None
    return problem or Found(rule, name_of(live, one.spot), one.split, one.kept)
