"""Giving the rule back: an inverse edit of the *present* object, so that its owner's edits meanwhile stay."""

from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import INT32, Destination, rescaled, weighted
from canary_operator.providers.traffic.istio.find import choose_by
from canary_operator.providers.traffic.istio.record import Entry, annotations, read_entry
from canary_operator.providers.traffic.istio.rewrite import with_annotations, with_destinations
from canary_operator.providers.traffic.istio.routes import Rule, Split, feeds, read
from canary_operator.providers.traffic.istio.rules import places


def restored(live: Object, asked: Split) -> Object | Problem:
    """The object without anything of ours; the same object where there is no record.

    A rule that its owner took away needs nothing back. One that still sends to the canary and has no place for that
    traffic any more is a Problem.
    """
    entry = read_entry(live, asked.rollout)
    if entry is None or isinstance(entry, Problem):
        return entry or live
    split, index = choose_by(live, asked, entry)
    given = (
        _problem_or_live(live, split, index) if isinstance(index, Problem) else _given_back(live, index, split, entry)
    )
    return given if isinstance(given, Problem) else with_annotations(given, annotations(given, asked.rollout, None))


def _problem_or_live(live: Object, split: Split, problem: Problem) -> Object | Problem:
    return problem if feeds(live, split) else live


def _given_back(live: Object, index: int, split: Split, entry: Entry) -> Object | Problem:
    rule = read(live, index, split)
    if isinstance(rule, Problem):
        return rule if places(live, index, split.canary) else live
    return with_destinations(live, index, _destinations(rule, entry))


def _destinations(rule: Rule, entry: Entry) -> list[Destination]:
    stable, others = _weights(rule, entry)
    route: list[Destination | None] = list(rule.destinations)
    for place, new in zip(rule.others, others, strict=True):
        route[place] = rescaled(rule.destinations[place], new)
    route[rule.stable] = weighted(rule.destinations[rule.stable], stable)
    if rule.canary is not None:
        found = rule.destinations[rule.canary]
        route[rule.canary] = None if entry.canary.added else weighted(found, entry.canary.weight)
    return [each for each in route if each is not None]


def _weights(rule: Rule, entry: Entry) -> tuple[int | None, list[int]]:
    """Stable's weight, and everybody else's in the scale that the user wrote in.

    A destination that came in mid-run was weighed against our weights: times original / present sum. Where that is no
    integer, or stable stood alone and had no weight to speak of, the present scale stays, because only the shares
    matter.
    """
    others, original = [rule.weights[place] for place in rule.others], entry.stable.weight or 0
    kept = rule.canary is not None and not entry.canary.added
    if not others and (original or not kept):
        return entry.stable.weight, others
    scaled = [Fraction(other * original, rule.ours or 1) for other in others]
    exact = all(each.denominator == 1 for each in scaled) and original + sum(scaled) <= INT32
    if original and rule.ours and exact:
        return original, [int(each) for each in scaled]
    return rule.ours or int(not any(others)), others
