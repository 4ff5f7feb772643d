"""Subsets of a DestinationRule as JSON in and JSON Patch out; on Istio's own schema it is in tests/integration."""

import json
from typing import Any

import jsonpatch
import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.providers.traffic.istio.subsets import (
    ANNOTATION,
    labels_of,
    operations,
    owner_of,
    rule_problem,
    subset_lost,
    without_subset,
)
from tests.doubles.shop import a_target
from tests.providers.traffic.istio.destination_rules import CANARY, ME, STABLE, a_rule, added, patched

OTHER = "shop/other"
SUBSETS = Subsets(destination_rule="checkout")


def removed(rule: Any, owner: str = ME, subset: str = "canary") -> Any:
    return patched(rule, without_subset(rule, subset, owner))


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(STABLE),
        a_rule(STABLE, annotations={"team": "shop"}, trafficPolicy={"connectionPool": {}}),
        a_rule({"name": "debug", "labels": {"tier": "x"}, "trafficPolicy": {"tls": {"mode": "DISABLE"}}}, STABLE),
        a_rule(),
    ],
)
def test_a_subset_of_ours_comes_and_goes_without_a_trace(rule: Any) -> None:
    """It stands last; what is its owner's stays as it was."""
    ours = added(rule)
    assert ours["spec"]["subsets"][-1] == {"name": "canary", "labels": CANARY}
    assert ours["spec"]["subsets"][:-1] == rule["spec"].get("subsets", [])
    assert json.loads(ours["metadata"]["annotations"][ANNOTATION]) == {"canary": ME}
    assert (labels_of(ours, "canary"), owner_of(ours, "canary")) == (CANARY, ME)
    assert added(ours) == ours, "done already"
    assert removed(ours) == rule
    assert removed(rule) == rule, "nothing of ours"


def test_a_subset_of_the_users_is_never_changed() -> None:
    """Neither where it is added nor where it is removed."""
    rule = a_rule(STABLE, {"name": "canary", "labels": {"version": "v2"}})
    assert added(rule) == removed(rule) == rule


def test_the_same_policy_holds_for_both() -> None:
    """One that only stable had would make the arms differ for no reason of the release; an empty one is invalid."""
    policy = {"trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 5}}}
    assert added(a_rule({**STABLE, **policy}))["spec"]["subsets"][1] == {"name": "canary", "labels": CANARY, **policy}


def test_what_others_do_meanwhile_stays() -> None:
    """Subsets before and after ours, annotations, other rollouts' subsets."""
    rule = added(added(a_rule(STABLE, annotations={"team": "shop"})), OTHER, "canary-2")
    rule["spec"]["subsets"].insert(0, {"name": "first", "labels": {"a": "b"}})
    rest = removed(rule)
    assert [one["name"] for one in rest["spec"]["subsets"]] == ["first", "stable", "canary-2"]
    assert json.loads(rest["metadata"]["annotations"][ANNOTATION]) == {"canary-2": OTHER}
    assert removed(rest, OTHER, "canary-2")["metadata"]["annotations"] == {"team": "shop"}


def test_our_subset_follows_its_pods() -> None:
    """One that was left from another run, or that somebody edited, selects the pods that there are now."""
    rule = added(a_rule(STABLE))
    rule["spec"]["subsets"][1] |= {"labels": {"version": "old"}, "trafficPolicy": {"tls": {"mode": "DISABLE"}}}
    mended = added(rule)
    assert mended["spec"]["subsets"][1] == {"name": "canary", "labels": CANARY}
    assert removed(mended) == a_rule(STABLE)


def test_a_subset_that_somebody_took_away_leaves_only_our_note() -> None:
    """The note goes, and the subset can be added once more."""
    rule = added(a_rule(STABLE))
    del rule["spec"]["subsets"][1]
    assert removed(rule) == a_rule(STABLE)
    assert labels_of(added(rule), "canary") == CANARY


@pytest.mark.parametrize("text", ["[]", "{", "3"])
def test_a_damaged_note_says_nothing(text: str) -> None:
    """The subset is taken for the user's then, and stays."""
    rule = a_rule(STABLE, {"name": "canary", "labels": CANARY}, annotations={ANNOTATION: text})
    assert owner_of(rule, "canary") is None
    assert removed(rule) == rule


def test_the_patch_lands_on_the_subset_that_was_meant() -> None:
    """Its place in the list is tested by its name."""
    rule = added(a_rule(STABLE))
    ours = operations(rule, without_subset(rule, "canary", ME))
    rule["spec"]["subsets"].reverse()
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(rule, ours)


@pytest.mark.parametrize(
    ("rule", "reason", "words"),
    [
        (None, reasons.DESTINATION_RULE_NOT_FOUND, "DestinationRule shop/checkout does not exist; create it"),
        (
            a_rule(STABLE, host="basket"),
            reasons.DESTINATION_RULE_NOT_FOUND,
            "is for the host basket, and stable",
        ),
        (a_rule(STABLE, host="checkout.shop"), reasons.DESTINATION_RULE_NOT_FOUND, "is for the host checkout.shop"),
        (a_rule(), reasons.SUBSET_UNSUPPORTED, "has no subset stable (there are: none)"),
        (a_rule({"name": "v1", "labels": {}}), reasons.SUBSET_UNSUPPORTED, "there are: v1"),
        (added(a_rule(STABLE), OTHER), reasons.SUBSET_UNSUPPORTED, "is the CanaryRollout shop/other's"),
    ],
)
def test_a_rule_that_is_of_no_use_is_told_with_the_cure(rule: Any, reason: str, words: str) -> None:
    problem = rule_problem(rule, a_target(), SUBSETS)
    assert isinstance(problem, Problem)
    assert problem.reason == reason
    assert words in problem.message


def test_a_rule_of_use_may_name_its_host_in_full() -> None:
    for host in ("checkout", "checkout.shop.svc.cluster.local"):
        assert rule_problem(a_rule(STABLE, host=host), a_target(), SUBSETS) is None


def test_a_lost_subset_is_told_with_what_to_do() -> None:
    lost = subset_lost(a_target(), SUBSETS)
    assert lost.reason == reasons.SUBSET_LOST
    assert "DestinationRule shop/checkout has no subset canary" in lost.message
    assert "let it ignore spec.subsets" in lost.message
