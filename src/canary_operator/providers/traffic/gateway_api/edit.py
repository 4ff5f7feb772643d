"""Reading and setting the weights of one rule: pure, object in and object out.

Rules that we inserted, and our cookies, are taken away first. The new weights follow from the live *shares* alone, so
an object that we edited before needs no other stripping: editing it again gives what editing the original would give.
"""

from fractions import Fraction

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.carriers import HTTP_ROUTE
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.editors import last_editor
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, weighted
from canary_operator.providers.traffic.gateway_api.clones import clones
from canary_operator.providers.traffic.gateway_api.conditions import not_obeyed
from canary_operator.providers.traffic.gateway_api.cookies import setting
from canary_operator.providers.traffic.gateway_api.drain import drained
from canary_operator.providers.traffic.gateway_api.find import Found, find
from canary_operator.providers.traffic.gateway_api.managed import inserted, ours_in
from canary_operator.providers.traffic.gateway_api.problems import starved, too_fine
from canary_operator.providers.traffic.gateway_api.record import Entry
from canary_operator.providers.traffic.gateway_api.routes import Split
from canary_operator.providers.traffic.gateway_api.rules import with_backends
from canary_operator.providers.traffic.gateway_api.splitting import backends_at
from canary_operator.providers.traffic.gateway_api.standing import lost, share_of
from canary_operator.providers.traffic.gateway_api.strip import stripped
from canary_operator.providers.traffic.managed import Managed, by_stage

_ANY = Fraction(1, 2)
"""Whether tests can be combined does not depend on the share."""


def current(live: Object, asked: Split) -> Route | Problem:
    """The live share and our record of it; before the first edit also whether a run could go all its way."""
    bare = stripped(live, asked.rollout)
    found = find(bare, asked)
    if isinstance(found, Problem):
        return found
    if found.rule.share is None:
        return starved(bare, found.rule.place)
    if found.entry is None and (problem := not_obeyed(live) or _impossible(bare, found, asked)):
        return problem
    return Route(
        share_of(live, found, found.rule.share),
        found.entry.said() if found.entry else None,
        matched=tuple(str(rule["name"]) for _, rule in ours_in(live, asked.rollout)),
        lost=lost(live, bare, found),
        editor=last_editor(live, "rules"),
        carrier=HTTP_ROUTE,
    )


def _impossible(bare: Object, found: Found, asked: Split) -> Problem | None:
    """What the spec asks for and the rule can't be given, told before the run."""
    if problem := _beyond_weights(bare, found, asked):
        return problem
    for managed in by_stage(asked.managed) if asked.managed else ():
        tried = clones(bare, found.rule, found.split, managed, _ANY)
        if isinstance(tried, Problem):
            return tried
    return None


def _beyond_weights(live: Object, found: Found, asked: Split) -> Problem | None:
    """A stage's share that no weights say, told before the run and not in its middle."""
    too_small = (share for share in asked.shares if backends_at(found.rule, share, found.split.canary) is None)
    share = next(too_small, None)
    return None if share is None else too_fine(live, found.rule.place, share)


def desired(live: Object, asked: Split, action: SetWeight) -> Object | Problem:
    """The object with this weight and its record."""
    bare = stripped(live, asked.rollout)
    if action.weight == 0 and not action.matches and action.copies is None:
        return drained(bare, asked, action)
    found = find(bare, asked)
    if isinstance(found, Problem):
        return found
    everything = action.purpose is Purpose.ROLL_BACK and action.weight == 1
    after = _filled(bare, found, action) if everything else _split(bare, found, action)
    managed = Managed.of(action)
    if isinstance(after, Problem) or managed is None:
        return after
    ours = clones(bare, found.rule, found.split, managed, action.weight)
    return ours if isinstance(ours, Problem) else inserted(after, found.rule.place, ours)


def _split(live: Object, found: Found, action: SetWeight) -> Object | Problem:
    if found.rule.ours == 0:
        return starved(live, found.rule.place)
    exchanged = backends_at(found.rule, _by_chance(action), found.split.canary)
    if exchanged is None:
        return too_fine(live, found.rule.place, action.weight)
    kept = setting(exchanged, Managed.of(action) or Managed(), found.split, live["metadata"]["namespace"])
    return _noted(with_backends(live, found.rule.place, kept), found, action)


def _by_chance(action: SetWeight) -> Fraction:
    """Behind a bucket nobody is left who gets the new revision."""
    if action.bucket is None:
        return action.weight
    return Fraction(1) if action.reversed else Fraction(0)


def _filled(live: Object, found: Found, action: SetWeight) -> Object | Problem:
    """The rollback of a reversed run: what stable weighs is the canary's; as in a drain nobody else is touched."""
    rule = found.rule
    if rule.canary is None or rule.ours == 0:
        return _split(live, found, action)
    exchanged = list(rule.backends)
    exchanged[rule.canary] = weighted(exchanged[rule.canary], min(MOST_WEIGHT, rule.ours))
    exchanged[rule.stable] = weighted(exchanged[rule.stable], 0)
    return _noted(with_backends(live, rule.place, exchanged), found, action)


def _noted(edited: Object, found: Found, action: SetWeight) -> Object:
    return with_annotations(edited, annotations(edited, found.split.rollout, _entry(found, action)))


def _entry(found: Found, action: SetWeight) -> Entry:
    if found.entry is None:
        entry = Entry.first(found.rule, found.name, found.split, action)
    else:
        entry = found.entry.after(action, found.name, adding=found.rule.canary is None)
    return entry if action.cookies is None else entry.holding(found.rule)
