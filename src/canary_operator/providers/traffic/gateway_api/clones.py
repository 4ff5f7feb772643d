"""The rules that are inserted: the rule that is split with more tests, and with backends of their own."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from canary_operator.core.copies import Copies
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api import problems
from canary_operator.providers.traffic.gateway_api.alternatives import alternatives
from canary_operator.providers.traffic.gateway_api.backends import (
    MOST_FILTERS,
    Backend,
    canary_of,
    is_service,
    shown,
    weight,
)
from canary_operator.providers.traffic.gateway_api.cookies import full, outdone, setting
from canary_operator.providers.traffic.gateway_api.mirrors import mirroring
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split
from canary_operator.providers.traffic.gateway_api.rules import MOST_MATCHES, MOST_RULES, rules
from canary_operator.providers.traffic.gateway_api.splitting import backends_at
from canary_operator.providers.traffic.gateway_api.wanted import Wanted, wanted_rules
from canary_operator.providers.traffic.managed import Managed, match_name, of_role


def clones(live: Object, rule: Rule, split: Split, managed: Managed, share: Fraction) -> list[Object] | Problem:
    """Canary matches first, then bucket, cookies or mirror; a Problem where another rule, or the API, forbids it.

    `live` is without any of them.
    """
    if problem := _unusable(live, rule, managed):
        return problem
    found: list[Object] = []
    for one in wanted_rules(managed, split, of_role(managed, share)):
        matches = alternatives(live, rule, one)
        if isinstance(matches, Problem):
            return matches
        backends = _backends(live, rule, split, managed, one)
        if backends is None:
            return problems.too_fine(live, rule.place, of_role(managed, one.share))
        clone = {**rules(live)[rule.place], "name": one.name, "matches": matches, "backendRefs": backends}
        if matches:
            found.append(_mirroring(clone, one.copies, new_revision(split, managed), live))
    if managed.copies is not None and not found:
        return problems.uncopied(live, rule.place)
    return found


def service_of(name: str, split: Split, managed: Managed) -> str:
    """Where this rule finds the canary's pods: canary matches may have a Service of their own."""
    numbers = range(1, len(managed.matches) + 1)
    names = {match_name(split.rollout, number, split.place) for number in numbers}
    return managed.match_service if managed.match_service is not None and name in names else split.canary


def new_revision(split: Split, managed: Managed) -> str:
    """Whichever of the two Services has its pods behind it."""
    return split.stable if managed.reversed else split.canary


def _unusable(live: Object, rule: Rule, managed: Managed) -> Problem | None:
    """The rule as its owner wrote it has no place for what is asked for."""
    if managed.cookies is not None and (problem := _unkeepable(live, rule)):
        return problem
    if managed.copies is not None and len(rules(live)[rule.place].get("filters") or ()) == MOST_FILTERS:
        return problems.without_room(live, rule.place, f"{MOST_FILTERS} filters", "stages[].mirror")
    return None


def _unkeepable(live: Object, rule: Rule) -> Problem | None:
    """Why no cookie can keep users apart here."""
    if rule.others:
        return problems.third_party(live, rule.place, shown(rule.backends[rule.others[0]]))
    if (where := outdone(live, rule)) is not None:
        return problems.cookie_outdone(live, rule.place, where)
    what = full(rule)
    return None if what is None else problems.without_room(live, rule.place, what, "traffic.stickiness")


def _mirroring(clone: Object, copies: Copies | None, new: str, live: Object) -> Object:
    """The backend is in the rule already, as one that nobody is sent to."""
    if copies is None:
        return clone
    there = next(each for each in clone["backendRefs"] if is_service(each, new, live["metadata"]["namespace"]))
    return mirroring(clone, there, copies.percentage)


def _backends(live: Object, rule: Rule, split: Split, managed: Managed, wanted: Wanted) -> list[Backend] | None:
    found = backends_at(rule, of_role(managed, wanted.share), split.canary)
    if found is None:
        return None
    if wanted.draws:
        return setting(found, managed, split, live["metadata"]["namespace"])
    return [_through(each, split.canary, service_of(wanted.name, split, managed), live) for each in found]


def _through(backend: Backend, canary: str, service: str, live: Object) -> Backend:
    """The canary's pods, perhaps by another Service."""
    if service == canary or not is_service(backend, canary, live["metadata"]["namespace"]):
        return backend
    return canary_of(backend, service, weight(backend))


def crowded(live: Object, inserting: Iterable[Sequence[Object]]) -> Problem | None:
    """The rules that come before each split one are more than the API takes in one HTTPRoute."""
    ours = [one for some in inserting for one in some]
    every = [*rules(live), *ours]
    fits = len(every) <= MOST_RULES and sum(len(rule.get("matches") or ({},)) for rule in every) <= MOST_MATCHES
    return None if fits or not ours else problems.crowded(live, len(ours))
