"""Reading and setting the weights of the rules of one object: pure, object in and object out.

Rules that we inserted, and our cookies, are taken away first. The new weights follow from the live *shares* alone, so
an object that we edited before needs no other stripping: editing it again gives what editing the original would give.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from canary_operator.core.actions import SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look, Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.editors import last_editor
from canary_operator.providers.traffic.istio.clones import clones
from canary_operator.providers.traffic.istio.cookies import setting
from canary_operator.providers.traffic.istio.destinations import Destination, weighted
from canary_operator.providers.traffic.istio.drain import drained
from canary_operator.providers.traffic.istio.find import Found, find
from canary_operator.providers.traffic.istio.managed import inserted, ours_in
from canary_operator.providers.traffic.istio.problems import starved, the_rule, too_fine
from canary_operator.providers.traffic.istio.record import Entry, Kept, read_entry, with_rest
from canary_operator.providers.traffic.istio.rewrite import with_destinations
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.rules import Spot
from canary_operator.providers.traffic.istio.splitting import route_at
from canary_operator.providers.traffic.istio.standing import lost, share_of
from canary_operator.providers.traffic.istio.strip import stripped
from canary_operator.providers.traffic.managed import Managed, by_chance
from canary_operator.providers.traffic.partly import Partly, gives_all_back, raised
from canary_operator.providers.traffic.telling import with_ours

_ANY = Fraction(1, 2)
"""Whether tests can be combined does not depend on the share."""


def current(live: Object, asked: Asked) -> Look:
    """The live share and our record of it, of all rules together."""
    bare = stripped(live, asked.rollout)
    entry = read_entry(bare, asked.rollout)
    if isinstance(entry, Problem):
        return entry
    read = [_current(live, bare, one, asked, entry) for one in find(bare, asked)]
    return together(with_ours(read, ours_in(live, asked.rollout)))


def _current(live: Object, bare: Object, found: Found | Problem, asked: Asked, entry: Entry | None) -> Route | Problem:
    if isinstance(found, Problem):
        return found
    share = found.rule.share
    if share is None:
        return starved(bare, found.spot)
    if problem := _unmatchable(bare, found, asked):
        return problem
    return Route(
        share_of(live, found, share, entry),
        entry.said() if entry and found.kept else None,
        lost=lost(live, bare, found, entry),
        editor=last_editor(live, found.spot.kind),
        name=the_rule(bare, found.spot),
    )


def _unmatchable(bare: Object, found: Found, asked: Asked) -> Problem | None:
    """Before the first edit: what the spec asks to insert can't be."""
    if found.kept is not None or asked.managed is None:
        return None
    tried = clones(bare, found.rule, found.split, asked.managed, _ANY)
    return tried if isinstance(tried, Problem) else None


def desired(live: Object, asked: Asked, action: SetWeight) -> Object | Partly | Problem:
    """The object with this weight and its record, and before each split rule those that the order asks for.

    Where traffic is taken back, a rule that can't be edited keeps no other from it.
    """
    bare = stripped(live, asked.rollout)
    if action.weight == 0 and not action.matches and action.copies is None:
        return drained(bare, asked, action)
    divide = _filled if gives_all_back(action) else _divided
    return raised(find(bare, asked), action, lambda found: _split(bare, found, action, divide))


Divide = Callable[[Object, Found, SetWeight], Sequence[Destination] | Problem]


def _split(live: Object, found: Sequence[Found], action: SetWeight, divide: Divide) -> Object | Problem:
    """All weights first, then the record, then what is inserted: from the end, so that no place moves."""
    edited, managed, namespace = live, Managed.of(action) or Managed(), live["metadata"]["namespace"]
    inserting: list[tuple[Spot, Sequence[Object]]] = []
    for one in found:
        route = divide(live, one, action)
        if isinstance(route, Problem):
            return route
        edited = with_destinations(edited, one.spot, setting(route, managed, one.split, namespace))
        ours = clones(live, one.rule, one.split, managed, action.weight)
        if isinstance(ours, Problem):
            return ours
        inserting.append((one.spot, ours))
    entry = Entry.of(action, with_rest(live, found[0].split.rollout, [_kept(one, action) for one in found]))
    edited = with_annotations(edited, annotations(live, found[0].split.rollout, entry))
    for spot, rules in sorted(inserting, key=lambda one: one[0].index, reverse=True):
        edited = inserted(edited, spot, rules) if rules else edited
    return edited


def _divided(live: Object, found: Found, action: SetWeight) -> Sequence[Destination] | Problem:
    rule = found.rule
    if rule.ours == 0:
        return starved(live, rule.spot)
    route = route_at(rule, by_chance(action), found.split.canary, live["metadata"]["namespace"])
    return too_fine(live, rule.spot, action.weight) if route is None else route


def _filled(live: Object, found: Found, action: SetWeight) -> Sequence[Destination] | Problem:
    """The rollback of a reversed run: what stable weighs is the canary's; as in a drain nobody else is touched."""
    rule = found.rule
    if rule.canary is None or rule.ours == 0:
        return _divided(live, found, action)
    route = list(rule.destinations)
    route[rule.canary] = weighted(route[rule.canary], rule.ours)
    route[rule.stable] = weighted(route[rule.stable], 0)
    return route


def _kept(found: Found, action: SetWeight) -> Kept:
    if found.kept is None:
        kept = Kept.of(found.rule, found.name, found.split)
    else:
        kept = found.kept.after(found.name, adding=found.rule.canary is None)
    return kept if action.cookies is None else kept.holding(found.rule)
