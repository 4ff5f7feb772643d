"""The rules to edit, by our record of them and else by the spec."""

from dataclasses import dataclass, replace
from functools import partial

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import meant
from canary_operator.providers.traffic.gateway_api.backends import MOST_BACKENDS
from canary_operator.providers.traffic.gateway_api.problems import asked_twice, full
from canary_operator.providers.traffic.gateway_api.record import Entry, Kept, read_entry, taken
from canary_operator.providers.traffic.gateway_api.routes import Asked, Rule, Split, choose, read
from canary_operator.providers.traffic.gateway_api.rules import name_of

Chosen = meant.Chosen[Split, int, Kept]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that can be split, and what we wrote about it."""

    rule: Rule
    name: str | None
    split: Split
    kept: Kept | None


def find(live: Object, asked: Asked) -> tuple[Found | Problem, ...]:
    """Each that is asked for."""
    entry = read_entry(live, asked.rollout)
    if isinstance(entry, Problem):
        return (entry,)
    chosen = choose_all(live, asked, entry)
    every = frozenset(one.spot for one in chosen if not isinstance(one.spot, Problem))
    return tuple(_found(live, one, every) for one in chosen)


def choose_all(live: Object, asked: Asked, entry: Entry | None) -> tuple[Chosen, ...]:
    """What the spec asks for, and what the record alone still knows of; no place is meant twice."""
    wanted = {split.place: split for split in asked.splits}
    return meant.choose_all(
        wanted,
        {one.place: one for one in entry.kept} if entry else {},
        lambda one: one.split(asked.rollout, wanted[one.place].field if one.place in wanted else ""),
        partial(choose, live),
        lambda place, split: asked_twice(live, place, split.field),
    )


def _found(live: Object, one: Chosen, every: frozenset[int]) -> Found | Problem:
    if isinstance(one.spot, Problem):
        return one.spot
    rule, name = read(live, one.spot, one.split), name_of(live, one.spot)
    if isinstance(rule, Problem):
        return rule
    if rule.canary is None and len(rule.backends) == MOST_BACKENDS:
        return full(live, one.spot)
    problem = taken(live, one.split.rollout, one.spot) if one.kept is None else None
    return problem or Found(replace(rule, beside=every - {rule.place}), name, one.split, one.kept)
