"""Reading and setting the weights of one rule: pure, object in and object out.

The new weights follow from the live *shares* alone, so an object that we edited before needs no stripping: editing it
again gives what editing the original would have given.
"""

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Destination, canary_of, rescaled, weighted
from canary_operator.providers.traffic.istio.drain import drained
from canary_operator.providers.traffic.istio.find import Found, find
from canary_operator.providers.traffic.istio.problems import starved, too_fine
from canary_operator.providers.traffic.istio.record import Entry, annotations
from canary_operator.providers.traffic.istio.rewrite import with_annotations, with_destinations
from canary_operator.providers.traffic.istio.routes import Rule, Split
from canary_operator.providers.traffic.istio.shares import Weights, weights_for


def current(live: Object, asked: Split) -> Route | Problem:
    """The live share and our record of it."""
    found = find(live, asked)
    if isinstance(found, Problem):
        return found
    share = found.rule.share
    if share is None:
        return starved(live, found.rule.index)
    return Route(share, found.entry.said() if found.entry else None)


def desired(live: Object, asked: Split, action: SetWeight) -> Object | Problem:
    """The object with this weight and its record."""
    if action.weight == 0:
        return drained(live, asked, action)
    found = find(live, asked)
    if isinstance(found, Problem):
        return found
    everything = action.purpose is Purpose.ROLL_BACK and action.weight == 1
    return _filled(live, found, action) if everything else _split(live, found, action)


def changed(live: Object, after: Object) -> bool:
    return live != after


def _split(live: Object, found: Found, action: SetWeight) -> Object | Problem:
    rule = found.rule
    if rule.ours == 0:
        return starved(live, rule.index)
    weights = weights_for(action.weight, rule.ours, tuple(rule.weights[place] for place in rule.others))
    if weights is None:
        return too_fine(live, rule.index, action)
    route = _route(rule, weights, found.split.canary, live["metadata"]["namespace"])
    noted = annotations(live, found.split.rollout, _entry(found, action))
    return with_annotations(with_destinations(live, rule.index, route), noted)


def _filled(live: Object, found: Found, action: SetWeight) -> Object | Problem:
    """The rollback of a reversed run: what stable weighs is the canary's; as in a drain nobody else is touched."""
    rule = found.rule
    if rule.canary is None or rule.ours == 0:
        return _split(live, found, action)
    route = list(rule.destinations)
    route[rule.canary] = weighted(route[rule.canary], rule.ours)
    route[rule.stable] = weighted(route[rule.stable], 0)
    noted = annotations(live, found.split.rollout, _entry(found, action))
    return with_annotations(with_destinations(live, rule.index, route), noted)


def _route(rule: Rule, weights: Weights, canary: str, namespace: str) -> list[Destination]:
    route = list(rule.destinations)
    for place, new in zip(rule.others, weights.others, strict=True):
        route[place] = rescaled(route[place], new)
    stable = route[rule.stable] = weighted(route[rule.stable], weights.stable)
    if rule.canary is None:
        route.append(canary_of(stable, canary, namespace, weights.canary))
    else:
        route[rule.canary] = weighted(route[rule.canary], weights.canary)
    return route


def _entry(found: Found, action: SetWeight) -> Entry:
    if found.entry is None:
        return Entry.first(found.rule, found.name, found.split, action)
    return found.entry.after(action, found.name, adding=found.rule.canary is None)
