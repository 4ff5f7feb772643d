from datetime import timedelta
from typing import Any

import pytest

from canary_operator.core.world import CanaryFacts
from canary_operator.providers.workloads.facts import canary_facts, deployment_facts, images_of
from canary_operator.providers.workloads.marks import MANAGED_BY, REVISION
from tests.doubles.shop import a_deployment

STATES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "at rest": ({}, {}, {"rolled_out"}),
    "paused at rest": ({"paused": True}, {}, {"rolled_out"}),
    "paused with a new template": ({"paused": True}, {"updatedReplicas": 0}, {"pending"}),
    "paused before its first pods": (
        {"paused": True},
        {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0},
        {"pending"},
    ),
    "let go a moment ago": ({}, {"updatedReplicas": 0}, {"rolling"}),
    "rolling with surge": ({}, {"replicas": 4, "updatedReplicas": 1}, {"rolling"}),
    "paused in mid-rollout": ({"paused": True}, {"replicas": 4, "updatedReplicas": 2}, {"rolling"}),
    "new pods all there, old ones leaving": ({}, {"replicas": 4, "updatedReplicas": 3}, {"rolling"}),
    "new pods all there, not available": ({}, {"availableReplicas": 2}, set()),
    "scaling up": ({"replicas": 5}, {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}, set()),
    "scaled to nothing": (
        {"replicas": 0},
        {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0},
        {"rolled_out"},
    ),
    "not seen by the controller": ({"paused": True}, {"observedGeneration": 0, "updatedReplicas": 0}, set()),
}


@pytest.mark.parametrize("state", STATES)
def test_a_status_says_where_the_deployment_stands(state: str) -> None:
    """At most one of rolled out, rolling and pending is claimed, and none from an outdated status."""
    spec, status, expected = STATES[state]
    body = a_deployment(status=status)
    body["spec"] |= spec
    facts = deployment_facts(body, "shop/checkout", autoscaled=False)
    claimed = {name for name in ("rolled_out", "rolling", "pending") if getattr(facts, name)}
    assert claimed == expected


def test_a_new_deployment_has_no_status_yet() -> None:
    """Absent numbers are zero, and nothing is claimed."""
    body = {key: value for key, value in a_deployment().items() if key != "status"}
    facts = deployment_facts(body, "shop/checkout", autoscaled=True)
    assert (facts.available, facts.rolled_out, facts.rolling, facts.pending) == (0, False, False, False)
    assert facts.autoscaled


@pytest.mark.parametrize(("mark", "ours"), [(None, False), ("shop/checkout", True), ("shop/another", False)])
def test_only_our_own_mark_is_adoption(mark: str | None, *, ours: bool) -> None:
    """The mark names the rollout."""
    body = a_deployment(annotations={MANAGED_BY: mark} if mark else None)
    assert deployment_facts(body, "shop/checkout", autoscaled=False).adopted is ours


def test_the_deadline_is_the_deployments_own() -> None:
    """Ten minutes where it has none, as the API server would fill in."""
    default, own = a_deployment(), a_deployment(progressDeadlineSeconds=90)
    deadlines = [deployment_facts(body, "", autoscaled=False).progress_deadline for body in (default, own)]
    assert deadlines == [timedelta(minutes=10), timedelta(seconds=90)]


def test_a_canary_says_what_it_was_made_from() -> None:
    """Its revision is written on it, because its own template has another label."""
    body = a_deployment(replicas=2, status={"readyReplicas": 1}, annotations={REVISION: "abc"})
    assert canary_facts(body) == CanaryFacts("abc", replicas=2, ready=1)


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (("registry:5000/shop/checkout:v2",), "checkout:v2"),
        (("shop/checkout:v2@sha256:0123", "proxy"), "checkout:v2, proxy"),
        (("x" * 90 + ":1", "y" * 90), "x" * 90 + ":1, " + "y" * 6),
    ],
)
def test_images_are_told_without_their_address(images: tuple[str, ...], told: str) -> None:
    """Whoever reads a message at night knows the service by name and tag."""
    assert images_of({"spec": {"containers": [{"image": image} for image in images]}}) == told
