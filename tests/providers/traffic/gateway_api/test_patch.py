"""What a patch touches and tests."""

from typing import Any

from canary_operator.providers.traffic.gateway_api.patch import operations
from tests.providers.traffic.gateway_api.shapes import ANYTHING, a_backend, a_route, a_rule, a_split, at, given_back
from tests.providers.traffic.istio.shapes import a_weight

STABLE = a_backend("checkout", 1)


def paths(before: Any, after: Any) -> list[str]:
    return [f"{each['op']} {each['path']}" for each in operations(before, after)]


def test_the_first_edit_touches_weights_and_annotation_only() -> None:
    """Whatever is reached by number is tested by name before."""
    live = a_route(a_rule(STABLE, name="other"), a_rule(STABLE, name="primary"))
    assert paths(live, at(live, a_weight(5), a_split("primary"))) == [
        "add /metadata/annotations",
        "test /spec/rules/1/name",
        "test /spec/rules/1/backendRefs/0/name",
        "add /spec/rules/1/backendRefs/0/weight",
        "add /spec/rules/1/backendRefs/1",
    ]


def test_a_rule_without_a_name_is_tested_by_its_matches() -> None:
    """It must not land on a rule that took its place."""
    live = at(a_route(a_rule(STABLE)), a_weight(5))
    tests = [each for each in operations(live, at(live, a_weight(25))) if each["op"] == "test"]
    assert [each["path"] for each in tests] == [
        "/spec/rules/0/matches",
        "/spec/rules/0/backendRefs/0/name",
        "/spec/rules/0/backendRefs/1/name",
    ]
    assert tests[0]["value"] == ANYTHING


def test_a_backend_of_another_namespace_is_no_neighbour() -> None:
    """Restore removes ours by name, and tests where the others live."""
    live = at(a_route(a_rule(STABLE, a_backend("checkout", 4, namespace="payments"))), a_weight(5))
    assert paths(live, given_back(live))[1:] == [
        "test /spec/rules/0/matches",
        "test /spec/rules/0/backendRefs/0/name",
        "add /spec/rules/0/backendRefs/0/weight",
        "test /spec/rules/0/backendRefs/1/name",
        "test /spec/rules/0/backendRefs/1/namespace",
        "add /spec/rules/0/backendRefs/1/weight",
        "test /spec/rules/0/backendRefs/2/name",
        "remove /spec/rules/0/backendRefs/2",
    ]
