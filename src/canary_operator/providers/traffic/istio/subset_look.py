"""What a look at the routes says besides, where they send to subsets: whether those are there."""

from dataclasses import replace

from canary_operator.core.world import Look, Problem, Route, Unknown
from canary_operator.ports import Target
from canary_operator.providers.objects import Objects
from canary_operator.providers.resources import DESTINATION_RULES
from canary_operator.providers.traffic.istio.subsets import labels_of, rule_problem, subset_lost


def with_subsets(seen: Look, target: Target, objects: Objects) -> Look:
    """A subset that is wanting is a fault of the route: whoever is sent there gets 503s.

    Where nobody shows us DestinationRules a canary with traffic is judged all the same, and nobody new gets it.
    """
    subsets = target.spec.traffic.subsets
    if subsets is None or not isinstance(seen, Route):
        return seen
    if not objects.synced(DESTINATION_RULES):
        return seen if seen.feeds else Unknown(unlisted(objects))
    rule = objects.get(DESTINATION_RULES, target.namespace, subsets.destination_rule)
    problem: Problem | None = rule_problem(rule, target, subsets)
    if problem is None and seen.feeds and labels_of(rule, subsets.canary) is None:
        problem = subset_lost(target, subsets)
    return seen if problem is None else replace(seen, faults=(*seen.faults, problem))


def unlisted(objects: Objects) -> str:
    if objects.served(DESTINATION_RULES):
        return "the DestinationRules are not listed yet"
    return "the API server has no DestinationRules, or the operator may not list and watch them"
