"""Weight 0, whatever has become of the rule.

What the canary weighs moves to stable; nothing else is touched, so that a rollback meets as few other writers as can
be. A canary without a backend, or without weight in one, has share 0 already.
"""

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, weight, weighted
from canary_operator.providers.traffic.gateway_api.find import choose_by, find
from canary_operator.providers.traffic.gateway_api.problems import stable_missing
from canary_operator.providers.traffic.gateway_api.record import Entry, read_entry
from canary_operator.providers.traffic.gateway_api.routes import Split, feeds, read
from canary_operator.providers.traffic.gateway_api.rules import backends, backends_of, name_of, with_backends


def drained(live: Object, asked: Split, action: SetWeight) -> Object | Problem:
    """The object with weight 0 and its record; an unreadable record stays as it is, for a person to repair."""
    entry = read_entry(live, asked.rollout)
    if entry is None and isinstance(problem := find(live, asked), Problem):
        if action.purpose is Purpose.STAGE:
            return problem
        if problem.reason == reasons.ROUTE_TAKEN:
            return live
    known = entry if isinstance(entry, Entry) else None
    split, place = choose_by(live, asked, known)
    if isinstance(place, Problem):
        return place if feeds(live, split) else live
    emptied = _emptied(live, place, split)
    if isinstance(emptied, Problem) or isinstance(entry, Problem):
        return emptied
    following = known.after(action, name_of(live, place)) if known else _first(live, emptied, place, asked, action)
    return with_annotations(emptied, annotations(live, asked.rollout, following)) if following else emptied


def _emptied(live: Object, place: int, split: Split) -> Object | Problem:
    """The canary's weight is stable's, on top of what it has.

    Both together may be more than the API takes only where its owner wrote so; then stable gets as much as can be.
    """
    canaries, stables = backends_of(live, place, split.canary), backends_of(live, place, split.stable)
    exchanged = list(backends(live, place))
    moved = sum(weight(exchanged[index]) for index in canaries)
    if not moved:
        return live
    if not stables:
        return stable_missing(live, place, split.stable)
    for index in canaries:
        exchanged[index] = weighted(exchanged[index], 0)
    stable = exchanged[stables[0]]
    exchanged[stables[0]] = weighted(stable, min(MOST_WEIGHT, weight(stable) + moved))
    return with_backends(live, place, exchanged)


def _first(live: Object, emptied: Object, place: int, asked: Split, action: SetWeight) -> Entry | None:
    """A stage begins a record; a rollback without one only where it takes traffic, so that it can be finished."""
    rule = read(live, place, asked)
    if isinstance(rule, Problem) or (emptied is live and action.purpose is not Purpose.STAGE):
        return None
    return Entry.first(rule, name_of(live, place), asked, action)
