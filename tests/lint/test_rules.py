"""Each rule finds its pitfall, and says nothing of the same manifests without it."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.lint import releases, routes
from canary_operator.lint.files import Files, Pitfall

DOCS = Path(__file__).parents[2] / "docs" / "lint.md"
RULES = (*releases.RULES, *routes.RULES)

GOOD: dict[str, dict[str, Any]] = {
    "rollout": {
        "kind": "CanaryRollout",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "workload": {"deploymentRef": {"name": "checkout"}},
            "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
            "stages": [{"weight": "5%", "duration": "10m"}],
            "analysis": {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]},
        },
    },
    "route": {
        "kind": "VirtualService",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"hosts": ["checkout"], "http": [{"route": [{"destination": {"host": "checkout"}}]}]},
    },
    "service": {
        "kind": "Service",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"selector": {"app": "checkout"}},
    },
    "deployment": {
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "checkout", "tier": "web"}},
                "spec": {"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}}}]},
            }
        },
    },
}
TWO = [{"destination": {"host": "checkout"}, "weight": 100}, {"destination": {"host": "other"}, "weight": 0}]


def found(manifests: list[dict[str, Any]]) -> list[Pitfall]:
    given_files = Files(tuple(manifests), "shop")
    return [pitfall for rule in RULES for pitfall in rule(given_files)]


def named(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def put(manifest: str, *steps: Any) -> Callable[[dict[str, Any]], None]:
    """The last step is the value."""
    *way, last, value = steps

    def change(manifests: dict[str, Any]) -> None:
        parent = manifests[manifest]
        for step in way:
            parent = parent[step]
        parent[last] = value

    return change


def add(*manifests: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda every: every.update({str(number): one for number, one in enumerate(manifests)})


HTTP = ("spec", "http", 0, "route")
POLICY = {"trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}
PITFALLS: dict[str, Callable[[dict[str, Any]], None]] = {
    "rollout-invalid": put("rollout", "spec", "stages", 0, "weight", "0%"),
    "route-unusable": put("route", *HTTP, [{"destination": {"host": "basket"}}]),
    "same-pods": add(named("Service", "checkout-canary", selector={"app": "checkout"})),
    "pods-not-selected": put("service", "spec", "selector", {"app": "basket"}),
    "probe-missing": put("deployment", "spec", "template", "spec", "containers", [{"name": "app"}]),
    "autoscaled": add(
        named("HorizontalPodAutoscaler", "checkout", scaleTargetRef={"kind": "Deployment", "name": "checkout"})
    ),
    "policy-for-one-arm": add(named("DestinationRule", "checkout", host="checkout", **POLICY)),
    "weight-missing": put("route", *HTTP, [TWO[0], {"destination": {"host": "other"}}]),
    "weights-all-zero": put("route", *HTTP, [{**one, "weight": 0} for one in TWO]),
    "host-incomplete": put("route", *HTTP, [*TWO, {"destination": {"host": "checkout.shop"}, "weight": 0}]),
    "host-claimed-twice": add(named("VirtualService", "other", hosts=["checkout.shop.svc.cluster.local"], http=[])),
    "claimed-by-httproute": add(named("HTTPRoute", "checkout", hostnames=["checkout"])),
}


def test_a_good_release_has_no_pitfall() -> None:
    assert found([*GOOD.values()]) == []


@pytest.mark.parametrize("rule", PITFALLS)
def test_a_pitfall_is_found(rule: str) -> None:
    manifests = copy.deepcopy(GOOD)
    PITFALLS[rule](manifests)
    pitfalls = [one for one in found([*manifests.values()]) if one.rule == rule]
    assert len(pitfalls) == 1
    assert re.match(r"[A-Za-z]+ shop/[a-z-]+", pitfalls[0].subject)
    assert len(pitfalls[0].sentence) > 30


def test_every_rule_is_tried_and_told() -> None:
    """Names and severities stand in the documentation as the rules give them."""
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning) \|", DOCS.read_text(), re.MULTILINE))
    assert told.keys() == PITFALLS.keys()
    assert len(RULES) == len(PITFALLS)
    for rule, change in PITFALLS.items():
        manifests = copy.deepcopy(GOOD)
        change(manifests)
        assert {one.severity for one in found([*manifests.values()]) if one.rule == rule} == {told[rule]}


def test_the_same_policy_for_both_arms_is_none() -> None:
    both = [named("DestinationRule", name, host=name, **POLICY) for name in ("checkout", "checkout-canary")]
    assert found([*GOOD.values(), *both]) == []


def test_a_gateway_of_its_own_shares_no_host() -> None:
    other = named("VirtualService", "other", hosts=["checkout"], gateways=["public"], http=[])
    assert found([*GOOD.values(), other]) == []


def test_what_is_not_there_is_not_spoken_of() -> None:
    assert found([GOOD["rollout"]]) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "spec", "host"]), inner, max_size=2)
    ),
    max_leaves=5,
)


def places(manifest: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = (
        manifest.items() if isinstance(manifest, dict) else enumerate(manifest) if isinstance(manifest, list) else ()
    )
    below = [place for step, inner in entries for place in places(inner, (*way, step))]
    return [way, *below] if way and way[0] not in {"kind", "metadata"} else below


@given(st.data())
def test_no_manifest_is_answered_with_a_traceback(data: st.DataObject) -> None:
    """Anything in the place of any part."""
    manifests = copy.deepcopy(GOOD)
    name = data.draw(st.sampled_from([*GOOD]))
    *way, last = data.draw(st.sampled_from(places(manifests[name])))
    parent: Any = manifests[name]
    for step in way:
        parent = parent[step]
    parent[last] = data.draw(ANYTHING)
    assert isinstance(found([*manifests.values()]), list)
