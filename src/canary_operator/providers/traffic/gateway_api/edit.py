"""Reading and setting the weights of the rules of one object: pure, object in and object out.

Rules that we inserted, and our cookies, are taken away first. The new weights follow from the live *shares* alone, so
an object that we edited before needs no other stripping: editing it again gives what editing the original would give.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from canary_operator.core.actions import SetWeight
from canary_operator.core.carriers import HTTP_ROUTE
from canary_operator.core.together import together
from canary_operator.core.world import Look, Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.editors import last_editor
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, Backend, weighted
from canary_operator.providers.traffic.gateway_api.clones import clones, crowded
from canary_operator.providers.traffic.gateway_api.conditions import not_obeyed, not_taken
from canary_operator.providers.traffic.gateway_api.cookies import setting
from canary_operator.providers.traffic.gateway_api.drain import drained
from canary_operator.providers.traffic.gateway_api.find import Found, find
from canary_operator.providers.traffic.gateway_api.managed import inserted, ours_in
from canary_operator.providers.traffic.gateway_api.problems import starved, the_rule, too_fine
from canary_operator.providers.traffic.gateway_api.record import Entry, Kept, read_entry, with_rest
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.gateway_api.rules import with_backends
from canary_operator.providers.traffic.gateway_api.splitting import backends_at
from canary_operator.providers.traffic.gateway_api.standing import lost, share_of
from canary_operator.providers.traffic.gateway_api.strip import stripped
from canary_operator.providers.traffic.managed import Managed, by_chance, by_stage
from canary_operator.providers.traffic.partly import Partly, gives_all_back, raised
from canary_operator.providers.traffic.telling import with_ours

_ANY = Fraction(1, 2)
"""Whether tests can be combined does not depend on the share."""


def current(live: Object, asked: Asked) -> Look:
    """The live share and our record of it, of all rules together; before the first edit also what can't be done."""
    bare = stripped(live, asked.rollout)
    entry = read_entry(bare, asked.rollout)
    if isinstance(entry, Problem):
        return entry
    found = find(bare, asked)
    if entry is None and (problem := _overfull(bare, found, asked)):
        return problem
    read = [_current(live, bare, one, asked, entry) for one in found]
    seen = together(with_ours(read, ours_in(live, asked.rollout)))
    return seen if entry is None else _as_served(seen, live, entry)


def _as_served(seen: Look, live: Object, entry: Entry) -> Look:
    """With what its parents say against what we wrote; where nothing of it leads to the canary, they don't mean us."""
    if not isinstance(seen, Route) or not (seen.feeds or entry.said().mirror is not None):
        return seen
    problem = not_taken(live)
    return seen if problem is None else replace(seen, faults=(*seen.faults, problem))


def _current(live: Object, bare: Object, found: Found | Problem, asked: Asked, entry: Entry | None) -> Route | Problem:
    if isinstance(found, Problem):
        return found
    if found.rule.share is None:
        return starved(bare, found.rule.place)
    if found.kept is None and (problem := not_obeyed(live) or _impossible(bare, found, asked)):
        return problem
    return Route(
        share_of(live, found, found.rule.share, entry),
        entry.said() if entry and found.kept else None,
        lost=lost(live, bare, found, entry),
        editor=last_editor(live, "rules"),
        carrier=HTTP_ROUTE,
        name=the_rule(bare, found.rule.place),
    )


def _impossible(bare: Object, found: Found, asked: Asked) -> Problem | None:
    """What the spec asks for and the rule can't be given, told before the run."""
    if problem := _beyond_weights(bare, found, asked):
        return problem
    for managed in by_stage(asked.managed) if asked.managed else ():
        tried = clones(bare, found.rule, found.split, managed, _ANY)
        if isinstance(tried, Problem):
            return tried
    return None


def _overfull(bare: Object, found: Sequence[Found | Problem], asked: Asked) -> Problem | None:
    """There is no room for all that is to be inserted, told before the run."""
    if asked.managed is None:
        return None
    every = [one for one in found if isinstance(one, Found)]
    for managed in by_stage(asked.managed):
        tried = [clones(bare, one.rule, one.split, managed, _ANY) for one in every]
        if problem := crowded(bare, [ours for ours in tried if not isinstance(ours, Problem)]):
            return problem
    return None


def _beyond_weights(live: Object, found: Found, asked: Asked) -> Problem | None:
    """A stage's share that no weights say, told before the run and not in its middle."""
    too_small = (share for share in asked.shares if backends_at(found.rule, share, found.split.canary) is None)
    share = next(too_small, None)
    return None if share is None else too_fine(live, found.rule.place, share)


def desired(live: Object, asked: Asked, action: SetWeight) -> Object | Partly | Problem:
    """The object with this weight and its record, and before each split rule those that the order asks for.

    Where traffic is taken back, a rule that can't be edited keeps no other from it.
    """
    bare = stripped(live, asked.rollout)
    if action.weight == 0 and not action.matches and action.copies is None:
        return drained(bare, asked, action)
    divide = _filled if gives_all_back(action) else _divided
    return raised(find(bare, asked), action, lambda found: _split(bare, found, action, divide))


Divide = Callable[[Object, Found, SetWeight], Sequence[Backend] | Problem]


def _split(live: Object, found: Sequence[Found], action: SetWeight, divide: Divide) -> Object | Problem:
    """All weights first, then the record, then what is inserted: from the end, so that no place moves."""
    edited, managed, namespace = live, Managed.of(action) or Managed(), live["metadata"]["namespace"]
    inserting: dict[int, list[Object]] = {}
    for one in found:
        exchanged = divide(live, one, action)
        ours = clones(live, one.rule, one.split, managed, action.weight)
        if isinstance(exchanged, Problem):
            return exchanged
        if isinstance(ours, Problem):
            return ours
        edited = with_backends(edited, one.rule.place, setting(exchanged, managed, one.split, namespace))
        inserting[one.rule.place] = ours
    if problem := crowded(live, list(inserting.values())):
        return problem
    edited = _noted(edited, found, action)
    for place in sorted(inserting, reverse=True):
        edited = inserted(edited, place, inserting[place])
    return edited


def _divided(live: Object, found: Found, action: SetWeight) -> Sequence[Backend] | Problem:
    if found.rule.ours == 0:
        return starved(live, found.rule.place)
    exchanged = backends_at(found.rule, by_chance(action), found.split.canary)
    return too_fine(live, found.rule.place, action.weight) if exchanged is None else exchanged


def _filled(live: Object, found: Found, action: SetWeight) -> Sequence[Backend] | Problem:
    """The rollback of a reversed run: what stable weighs is the canary's; as in a drain nobody else is touched."""
    rule = found.rule
    if rule.canary is None or rule.ours == 0:
        return _divided(live, found, action)
    exchanged = list(rule.backends)
    exchanged[rule.canary] = weighted(exchanged[rule.canary], min(MOST_WEIGHT, rule.ours))
    exchanged[rule.stable] = weighted(exchanged[rule.stable], 0)
    return exchanged


def _noted(edited: Object, found: Sequence[Found], action: SetWeight) -> Object:
    rollout = found[0].split.rollout
    entry = Entry.of(action, with_rest(edited, rollout, [_kept(one, action) for one in found]))
    return with_annotations(edited, annotations(edited, rollout, entry))


def _kept(found: Found, action: SetWeight) -> Kept:
    if found.kept is None:
        kept = Kept.of(found.rule, found.name, found.split)
    else:
        kept = found.kept.after(found.name, adding=found.rule.canary is None)
    return kept if action.cookies is None else kept.holding(found.rule)
