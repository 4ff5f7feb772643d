import copy
from typing import Any

import pytest

from canary_operator.providers.workloads.canary import CANONICAL_NAME, canary_deployment
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.marks import REVISION, ROLLOUT
from canary_operator.providers.workloads.revision import revision_of
from tests.doubles.shop import a_deployment, a_target, a_template

APP = Override("app", "checkout", "checkout-canary")


def a_term(selector: dict[str, Any]) -> dict[str, Any]:
    return {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}


def a_spread(selector: dict[str, Any]) -> dict[str, Any]:
    return {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}


def made_from(stable: dict[str, Any]) -> dict[str, Any]:
    return canary_deployment(a_target(), stable, APP, 2)


def test_the_canary_has_the_template_under_another_label() -> None:
    """Selector and pods carry the override, the rest of the template is stable's."""
    stable = a_deployment(a_template("shop/checkout:v2", {"app": "checkout", "tier": "web"}), minReadySeconds=5)
    canary = made_from(stable)
    assert canary["metadata"]["name"] == "checkout-canary"
    assert canary["metadata"]["annotations"] == {REVISION: revision_of(stable["spec"]["template"])}
    assert canary["metadata"]["labels"][ROLLOUT] == "checkout"
    assert canary["spec"]["selector"] == {"matchLabels": {"app": "checkout-canary", "tier": "web"}}
    assert canary["spec"]["replicas"] == 2
    assert canary["spec"]["minReadySeconds"] == 5
    labels = {"app": "checkout-canary", "tier": "web", CANONICAL_NAME: "checkout"}
    assert canary["spec"]["template"] == {**stable["spec"]["template"], "metadata": {"labels": labels}}


def test_no_tool_takes_the_canary_for_its_own() -> None:
    """Marks of Argo CD, Flux, Helm, kubectl and stable's owners are not copied, and no pause either."""
    stable = a_deployment(paused=True)
    stable["metadata"] |= {
        "labels": {"app.kubernetes.io/instance": "shop", "kustomize.toolkit.fluxcd.io/name": "shop"},
        "annotations": {
            "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout",
            "meta.helm.sh/release-name": "shop",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "deployment.kubernetes.io/revision": "3",
        },
        "ownerReferences": [{"kind": "Shop", "name": "shop"}],
    }
    canary = made_from(stable)
    assert set(canary["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert set(canary["metadata"]["labels"]) == {ROLLOUT, "app.kubernetes.io/managed-by"}
    assert set(canary["metadata"]["annotations"]) == {REVISION}
    assert "paused" not in canary["spec"]


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"app": "checkout"}, "checkout"),
        ({"app": "checkout", "app.kubernetes.io/name": "Shop"}, "Shop"),
        ({"app": "checkout", CANONICAL_NAME: "mine"}, "mine"),
    ],
)
def test_to_telemetry_the_canary_is_the_same_service(labels: dict[str, str], name: str) -> None:
    """Istio derives a service's name from labels; the canary keeps the one that stable has."""
    canary = made_from(a_deployment(a_template(labels=labels)))
    assert canary["spec"]["template"]["metadata"]["labels"][CANONICAL_NAME] == name


def test_selectors_of_the_pods_own_placement_follow_the_label() -> None:
    """What kept stable's pods apart keeps the canary's apart; what speaks of other pods is left alone."""
    own, other = {"matchLabels": {"app": "checkout"}}, {"matchLabels": {"app": "database"}}
    spoken = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["checkout", "cart"]}]}
    preferred = {"weight": 1, "podAffinityTerm": a_term(own)}
    affinity = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}},
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [a_term(other), {"topologyKey": "zone"}]},
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [a_term(spoken)],
            "preferredDuringSchedulingIgnoredDuringExecution": [preferred],
        },
    }
    template = a_template(affinity=affinity, topologySpreadConstraints=[a_spread(own), a_spread(other)])
    pod = made_from(a_deployment(template))["spec"]["template"]["spec"]
    moved = {"matchLabels": {"app": "checkout-canary"}}
    moved_spoken = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["checkout-canary", "cart"]}]}
    assert pod["topologySpreadConstraints"] == [a_spread(moved), a_spread(other)]
    assert pod["affinity"] == {
        "nodeAffinity": affinity["nodeAffinity"],
        "podAffinity": affinity["podAffinity"],
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [a_term(moved_spoken)],
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": a_term(moved)}],
        },
    }


def test_stable_is_not_edited_in_place() -> None:
    """The manifest is a new one; the store's copy of stable stays as it was."""
    stable = a_deployment(a_template(topologySpreadConstraints=[a_spread({"matchLabels": {"app": "checkout"}})]))
    before = copy.deepcopy(stable)
    made_from(stable)
    assert stable == before
