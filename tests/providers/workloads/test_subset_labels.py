from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.subset_labels import Behind, choose_in_subsets
from tests.doubles.shop import a_deployment, a_service, a_target, a_template
from tests.providers.traffic.istio.destination_rules import CANARY, STABLE, a_rule, added

Body = dict[str, Any]
LABEL, UNFIT = reasons.LABEL_NOT_FOUND, reasons.SUBSET_UNSUPPORTED
LABELS = {"app": "checkout", "version": "v1"}


def behind(rule: Any, labels: Body | None = None, service: Body | None = None, **deployment: Any) -> Behind:
    """A Deployment of these pods, which it selects by all of their labels, behind a Service that selects by `app`."""
    target = a_target(subsets={"destinationRule": "checkout"})
    stable = a_deployment(a_template(labels=labels or LABELS), **deployment)
    return Behind(target, Subsets(destination_rule="checkout"), stable, a_service(selector=service), rule)


def canary(**labels: str) -> Body:
    return {"name": "canary", "labels": labels}


def stable(**labels: str) -> Body:
    return {"name": "stable", "labels": labels}


BOTH = stable(tier="web", version="v1")
WIDE = {"app": "checkout", "version": "v1", "tier": "web"}


@pytest.mark.parametrize(
    ("given", "asked", "wanted"),
    [
        (behind(a_rule(STABLE)), None, Override("version", "v1", "v1-canary")),
        (behind(added(a_rule(STABLE))), None, Override("version", "v1", CANARY["version"])),
        (behind(a_rule(STABLE, canary(version="v2"))), None, Override("version", "v1", "v2")),
        (behind(a_rule(STABLE, canary(app="checkout", version="v2"))), None, Override("version", "v1", "v2")),
        (behind(a_rule(BOTH), WIDE), None, Override("version", "v1", "v1-canary")),
        (behind(a_rule(BOTH), WIDE), "tier", Override("tier", "web", "web-canary")),
        (
            behind(a_rule(stable(tier="web", version="v1"), canary(tier="new")), WIDE),
            None,
            Override("tier", "web", "new"),
        ),
    ],
)
def test_one_label_tells_the_subsets_apart(given: Behind, asked: str | None, wanted: Override) -> None:
    """The Deployment and the stable subset have it and the Service has not; canary pods get what their subset asks."""
    assert choose_in_subsets(given, asked) == wanted


@pytest.mark.parametrize(
    ("given", "asked", "reason", "words"),
    [
        (behind(None), None, reasons.DESTINATION_RULE_NOT_FOUND, "does not exist"),
        (behind(a_rule(stable(version="v9"))), None, UNFIT, "version=v9, which no pod of stable has"),
        (behind(a_rule(stable(app="checkout"))), None, LABEL, "the subset stable (app=checkout) must have one"),
        (behind(a_rule(stable())), None, LABEL, "the subset stable (none)"),
        (behind(a_rule(STABLE), service=LABELS), None, LABEL, "(app=checkout, version=v1) has not"),
        (behind(a_rule(STABLE), selector={"matchLabels": {"app": "checkout"}}), None, LABEL,
         "of Deployment checkout (app=checkout)"),
        (behind(a_rule(STABLE, canary(version="v1"))), None, LABEL, "another value of it (version=v1)"),
        (behind(a_rule(STABLE, canary(app="checkout"))), None, LABEL, "another value of it (app=checkout)"),
        (behind(a_rule(STABLE, canary(version="v2", track="x"))), None, UNFIT,
         "the subset canary of DestinationRule shop/checkout selects by track=x, which no pod of the canary"),
        (behind(a_rule(STABLE)), "app", LABEL, "the label app does not tell"),
        (behind(a_rule(stable(tier="web", zone="a")), {**WIDE, "zone": "a"}), None, LABEL,
         "canaryLabel to one of tier, zone"),
    ],
)  # fmt: skip
def test_pods_that_would_be_in_both_or_in_none_are_refused(
    given: Behind, asked: str | None, reason: str, words: str
) -> None:
    """The labels are named, and what would have to be otherwise."""
    found = choose_in_subsets(given, asked)
    assert isinstance(found, Problem)
    assert found.reason == reason
    assert words in found.message


def test_a_label_that_the_deployment_selects_by_an_expression_is_nobodys() -> None:
    """It would have to be moved in two places."""
    expression = {"key": "version", "operator": "In", "values": ["v1"]}
    selector = {"matchLabels": LABELS, "matchExpressions": [expression]}
    assert isinstance(choose_in_subsets(behind(a_rule(STABLE), selector=selector), None), Problem)
