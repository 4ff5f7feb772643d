"""Giving the rules back: an inverse edit of the *present* object, so that its owner's edits meanwhile stay."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.istio.destinations import INT32, Destination, rescaled, weighted
from canary_operator.providers.traffic.istio.find import Chosen, choose_all
from canary_operator.providers.traffic.istio.record import Kept, read_entry
from canary_operator.providers.traffic.istio.rewrite import with_destinations
from canary_operator.providers.traffic.istio.routes import Asked, Rule, feeds, read
from canary_operator.providers.traffic.istio.rules import places
from canary_operator.providers.traffic.istio.strip import stripped
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
        return rule if places(live, one.spot, one.split.canary) else live
    return with_destinations(live, one.spot, _destinations(rule, one.kept))


def _destinations(rule: Rule, kept: Kept) -> list[Destination]:
    stable, others = _weights(rule, kept)
    route: list[Destination | None] = list(rule.destinations)
    for place, new in zip(rule.others, others, strict=True):
        route[place] = rescaled(rule.destinations[place], new)
    route[rule.stable] = weighted(rule.destinations[rule.stable], stable)
    if rule.canary is not None:
        found = rule.destinations[rule.canary]
        route[rule.canary] = None if kept.canary.added else weighted(found, kept.canary.weight)
    return [each for each in route if each is not None]


def _weights(rule: Rule, kept: Kept) -> tuple[int | None, list[int]]:
    """Stable's weight, and everybody else's in the scale that the user wrote in.

    A destination that came in mid-run was weighed against our weights: times original / present sum. Where that is no
    integer, or stable stood alone and had no weight to speak of, the present scale stays, because only the shares
    matter.
    """
    others, original = [rule.weights[place] for place in rule.others], kept.stable.weight or 0
    stays = rule.canary is not None and not kept.canary.added
    if not others and (original or not stays):
        return kept.stable.weight, others
    scaled = [Fraction(other * original, rule.ours or 1) for other in others]
    exact = all(each.denominator == 1 for each in scaled) and original + sum(scaled) <= INT32
    if original and rule.ours and exact:
        return original, [int(each) for each in scaled]
    return rule.ours or int(not any(others)), others
