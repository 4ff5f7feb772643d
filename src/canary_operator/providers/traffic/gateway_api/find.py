"""The rule to edit, by our record of it and else by the spec."""

from dataclasses import dataclass

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import MOST_BACKENDS
from canary_operator.providers.traffic.gateway_api.problems import full
from canary_operator.providers.traffic.gateway_api.record import Entry, read_entry, taken
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split, choose, read
from canary_operator.providers.traffic.gateway_api.rules import name_of


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that can be split, and what we wrote about it."""

    rule: Rule
    name: str | None
    split: Split
    entry: Entry | None


def find(live: Object, asked: Split) -> Found | Problem:
    entry = read_entry(live, asked.rollout)
    if isinstance(entry, Problem):
        return entry
    split, place = choose_by(live, asked, entry)
    if isinstance(place, Problem):
        return place
    rule, name = read(live, place, split), name_of(live, place)
    if isinstance(rule, Problem):
        return rule
    if rule.canary is None and len(rule.backends) == MOST_BACKENDS:
        return full(live, place)
    problem = taken(live, asked.rollout, name) if entry is None else None
    return problem or Found(rule, name, split, entry)


def choose_by(live: Object, asked: Split, entry: Entry | None) -> tuple[Split, int | Problem]:
    """The split as it was first written, else as it is asked for, and the place of its rule."""
    recorded = entry.split(asked.rollout) if entry else None
    return recorded or asked, choose(live, asked, recorded)
