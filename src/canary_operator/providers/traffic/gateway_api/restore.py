"""Giving the rules back: an inverse edit of the *present* object, so that its owner's edits meanwhile stay."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, Backend, rescaled, weighted
from canary_operator.providers.traffic.gateway_api.find import Chosen, choose_all
from canary_operator.providers.traffic.gateway_api.record import Kept, read_entry
from canary_operator.providers.traffic.gateway_api.routes import Asked, Rule, feeds, read
from canary_operator.providers.traffic.gateway_api.rules import backends_of, with_backends
from canary_operator.providers.traffic.gateway_api.strip import stripped
from canary_operator.providers.traffic.meant import unfound
from canary_operator.providers.traffic.partly import in_turn, said


def restored(live: Object, asked: Asked) -> Object | Problem:
    """The object without anything of ours; the same object where there is no record.

    A rule that its owner took away needs nothing back. One that still sends to the canary and has no place for that
    traffic any more is a Problem, and keeps the record of all.
    """
    live = stripped(live, asked.rollout)
    entry = read_entry(live, asked.rollout)
    if entry is None or isinstance(entry, Problem):
        return entry or live
    chosen = [one for one in choose_all(live, asked, entry) if one.kept is not None]
    given, problems = _all_given_back(live, chosen)
    return said(problems) if problems else with_annotations(given, annotations(given, asked.rollout, None))


def _all_given_back(live: Object, chosen: Sequence[Chosen]) -> tuple[Object, list[Problem]]:
    given, _, problems = in_turn(live, chosen, _given_back)
    return given, problems + unfound(chosen, partial(feeds, given))


def _given_back(live: Object, one: Chosen) -> Object | Problem:
    if isinstance(one.spot, Problem) or one.kept is None:
        return live
    rule = read(live, one.spot, one.split)
    if isinstance(rule, Problem):
        return rule if backends_of(live, one.spot, one.split.canary) else live
    return with_backends(live, one.spot, _backends(rule, one.kept))


def _backends(rule: Rule, kept: Kept) -> list[Backend]:
    stable, others = _weights(rule, kept)
    given: list[Backend | None] = list(rule.backends)
    for place, new in zip(rule.others, others, strict=True):
        given[place] = rescaled(rule.backends[place], new)
    given[rule.stable] = weighted(rule.backends[rule.stable], stable)
    if rule.canary is not None:
        found = rule.backends[rule.canary]
        given[rule.canary] = None if kept.canary.added else weighted(found, kept.canary.weight)
    return [each for each in given if each is not None]


def _weights(rule: Rule, kept: Kept) -> tuple[int, list[int]]:
    """Stable's weight, and everybody else's in the scale that the user wrote in.

    A backend that came in mid-run was weighed against our weights: times original / present sum. Where that is no
    weight that the API takes, the present scale stays, because only the shares matter.
    """
    others = [rule.weights[place] for place in rule.others]
    scaled = [Fraction(other * kept.stable.weight, rule.ours or 1) for other in others]
    exact = all(each.denominator == 1 and each <= MOST_WEIGHT for each in scaled)
    if kept.stable.weight and (not others or (rule.ours and exact)):
        return kept.stable.weight, [int(each) for each in scaled]
    return min(MOST_WEIGHT, rule.ours) or int(not any(others)), others
