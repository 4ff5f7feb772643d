"""Giving the rule back: an inverse edit of the *present* object, so that its owner's edits meanwhile stay."""

from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, Backend, rescaled, weighted
from canary_operator.providers.traffic.gateway_api.find import choose_by
from canary_operator.providers.traffic.gateway_api.record import Entry, read_entry
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split, feeds, read
from canary_operator.providers.traffic.gateway_api.rules import backends_of, with_backends
from canary_operator.providers.traffic.gateway_api.strip import stripped


def restored(live: Object, asked: Split) -> Object | Problem:
    """The object without anything of ours; the same object where there is no record.

    A rule that its owner took away needs nothing back. One that still sends to the canary and has no place for that
    traffic any more is a Problem.
    """
    live = stripped(live, asked.rollout)
    entry = read_entry(live, asked.rollout)
    if entry is None or isinstance(entry, Problem):
        return entry or live
    split, place = choose_by(live, asked, entry)
    given = (
        _problem_or_live(live, split, place) if isinstance(place, Problem) else _given_back(live, place, split, entry)
    )
    return given if isinstance(given, Problem) else with_annotations(given, annotations(given, asked.rollout, None))


def _problem_or_live(live: Object, split: Split, problem: Problem) -> Object | Problem:
    return problem if feeds(live, split) else live


def _given_back(live: Object, place: int, split: Split, entry: Entry) -> Object | Problem:
    rule = read(live, place, split)
    if isinstance(rule, Problem):
        return rule if backends_of(live, place, split.canary) else live
    return with_backends(live, place, _backends(rule, entry))


def _backends(rule: Rule, entry: Entry) -> list[Backend]:
    stable, others = _weights(rule, entry)
    given: list[Backend | None] = list(rule.backends)
    for place, new in zip(rule.others, others, strict=True):
        given[place] = rescaled(rule.backends[place], new)
    given[rule.stable] = weighted(rule.backends[rule.stable], stable)
    if rule.canary is not None:
        found = rule.backends[rule.canary]
        given[rule.canary] = None if entry.canary.added else weighted(found, entry.canary.weight)
    return [each for each in given if each is not None]


def _weights(rule: Rule, entry: Entry) -> tuple[int, list[int]]:
    """Stable's weight, and everybody else's in the scale that the user wrote in.

    A backend that came in mid-run was weighed against our weights: times original / present sum. Where that is no
    weight that the API takes, the present scale stays, because only the shares matter.
    """
    others = [rule.weights[place] for place in rule.others]
    scaled = [Fraction(other * entry.stable.weight, rule.ours or 1) for other in others]
    exact = all(each.denominator == 1 and each <= MOST_WEIGHT for each in scaled)
    if entry.stable.weight and (not others or (rule.ours and exact)):
        return entry.stable.weight, [int(each) for each in scaled]
    return min(MOST_WEIGHT, rule.ours) or int(not any(others)), others
