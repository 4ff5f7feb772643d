"""Wrong manifests: each is refused by the API server, or answered with a condition, in words that lead out of it."""

import json
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_operator.api.reading import read_spec
from canary_operator.errors import InvalidCanary
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from tests.api.generated import GOOD_SPECS, SPECS
from tests.integration.edits import Manifest, edited

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent / "bad_input"
CRD = Path(__file__).parents[2] / "crds" / "canaryrollouts.canary-operator.dev.yaml"


def load(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> Iterable[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


GOOD: Manifest = load("good.yaml")


@pytest.fixture(scope="module", autouse=True)
def definition(cluster: Cluster) -> None:
    """The CRD as it is committed, served."""
    cluster.kubectl("apply", "--server-side", "-f", str(CRD))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", str(CRD))
    until(lambda: cluster.kubectl("get", "canaryrollouts", "-A") is not None)


@pytest.fixture(scope="module")
def shop(cluster: Cluster, definition: None) -> str:  # noqa: ARG001 -- the kind must be served first
    """A namespace in which the good one exists; what is refused leaves nothing behind in it."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    apply(cluster, name, GOOD)
    return name


@pytest.mark.parametrize("validate", ["--validate=true", "--validate=false"])
@pytest.mark.parametrize("case", named(load("refused.yaml")))
def test_a_wrong_manifest_is_refused_with_the_cure(
    cluster: Cluster, shop: str, case: dict[str, Any], validate: str
) -> None:
    """The answer names field, value and cure, whether or not the client asks for validation."""
    before = GOOD if case.get("update") else edited(GOOD, {"metadata.name": "another"})
    wrong = edited(before, case.get("set", {}), case.get("remove", ()))
    answer = refusal(cluster, shop, wrong, validate)
    expected = case["strictly"] if "strictly" in case and validate == "--validate=true" else case["expect"]
    assert [part for part in expected if part not in answer] == [], answer


@pytest.mark.parametrize("case", named(load("unknown.yaml")))
def test_an_unknown_field_is_named_or_dropped(cluster: Cluster, namespace: str, case: dict[str, Any]) -> None:
    """It is refused; where nobody asks for validation nothing dangerous follows from a field that isn't there."""
    wrong = edited(GOOD, case["set"])
    answer = refusal(cluster, namespace, wrong, "--validate=true")
    assert [part for part in case["expect"] if part not in answer] == [], answer
    apply(cluster, namespace, wrong, "--validate=false")
    assert read_spec(stored(cluster, namespace)["spec"]) == read_spec(GOOD["spec"])


def test_a_route_may_be_named_later(cluster: Cluster, namespace: str) -> None:
    """Naming the only route there was changes nothing, and is the cure when another one is added."""
    apply(cluster, namespace, edited(GOOD, {}, ["spec.traffic.istio.virtualServices[0].routes"]))
    apply(cluster, namespace, GOOD)
    assert read_spec(stored(cluster, namespace)["spec"]) == read_spec(GOOD["spec"])


BY_HTTP_ROUTE = edited(
    GOOD,
    {
        "spec.traffic.gatewayAPI": {
            "httpRoutes": [{"name": "checkout", "rules": ["primary", "admin"]}, {"name": "inside"}]
        }
    },
    ["spec.traffic.istio"],
)
ITEMS = "spec.traffic.gatewayAPI.httpRoutes"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({f"{ITEMS}[0].name": "cart"}, 'was "checkout", rule "primary", "admin"'),
        ({f"{ITEMS}[0].rules": ["admin", "primary"]}, 'was "checkout", rule "primary", "admin"'),
        ({f"{ITEMS}[0].rules": ["primary"]}, 'was "checkout", rule "primary", "admin"'),
        ({f"{ITEMS}[1].rules": ["a", "b"]}, 'was "inside", its only rule'),
        ({ITEMS: [{"name": "checkout", "rules": ["primary", "admin"]}]}, "can't be added or taken away (there were 2)"),
    ],
)
def test_the_http_routes_stay(cluster: Cluster, namespace: str, change: dict[str, Any], expected: str) -> None:
    """As VirtualServices do: which of them, which rules, and in which order."""
    apply(cluster, namespace, BY_HTTP_ROUTE)
    answer = refusal(cluster, namespace, edited(BY_HTTP_ROUTE, change), "--validate=true")
    assert [part for part in (ITEMS, expected, "create it anew") if part not in answer] == [], answer


def test_a_rule_may_be_named_later(cluster: Cluster, namespace: str) -> None:
    """The only one there was."""
    apply(cluster, namespace, BY_HTTP_ROUTE)
    apply(cluster, namespace, edited(BY_HTTP_ROUTE, {f"{ITEMS}[1].rules": ["primary"]}))
    (_, inside) = stored(cluster, namespace)["spec"]["traffic"]["gatewayAPI"]["httpRoutes"]
    assert inside == {"name": "inside", "rules": ["primary"]}


def test_the_default_canary_service_may_be_named_later(cluster: Cluster, namespace: str) -> None:
    """A value that is written out is not a change of it."""
    apply(cluster, namespace, GOOD)
    apply(cluster, namespace, edited(GOOD, {"spec.traffic.canaryService": "checkout-canary"}))
    assert stored(cluster, namespace)["spec"]["traffic"]["canaryService"] == "checkout-canary"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spec=st.one_of(SPECS, GOOD_SPECS))
def test_our_reader_and_the_api_server_refuse_the_same(cluster: Cluster, spec: dict[str, Any]) -> None:
    """The rules in CEL and their twins in Python agree, so what the API server takes is read."""
    ours = complaint(spec)
    theirs = server_complaint(cluster, {**GOOD, "spec": spec})
    assert bool(ours) == bool(theirs), f"ours: {ours}\ntheirs: {theirs}"


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("case", named(load("conditions.yaml")))
def test_what_only_the_operator_can_see_becomes_a_condition(
    cluster: Cluster, namespace: str, case: dict[str, Any]
) -> None:
    """The reason is a documented one, and the message names the object and the cure."""
    apply(cluster, namespace, *world(case))
    if "then" in case:
        until(lambda: stored(cluster, namespace).get("status", {}).get("state") == "Resting")
        apply(cluster, namespace, *world(case["then"]))
    rollout, wanted = case.get("rollout", "checkout"), case["reason"]

    def is_said() -> bool:
        """While the objects arrive one by one, the same reason may stand there with other words."""
        said = ready(cluster, namespace, rollout)
        return said.get("reason") == wanted and all(part in said["message"] for part in case.get("says", ()))

    until(is_said, say=lambda: status(cluster, namespace))


def world(case: dict[str, Any]) -> list[Manifest]:
    """The good world, less and plus what the case says."""
    objects = {
        f"{it['kind']}/{it['metadata']['name']}": it
        for it in yaml.safe_load_all((HERE / "world.yaml").read_text(encoding="utf-8"))
    }
    for name in case.get("without", ()):
        del objects[name]
    for name, change in case.get("change", {}).items():
        objects[name] = edited(objects[name], change.get("set", {}), change.get("remove", ()))
    return [*objects.values(), *case.get("also", ())]


def apply(cluster: Cluster, namespace: str, *manifests: Manifest | str) -> str:
    options = [it for it in manifests if isinstance(it, str)]
    text = yaml.safe_dump_all([it for it in manifests if not isinstance(it, str)])
    return cluster.kubectl("apply", "-n", namespace, *options, "-f", "-", input=text)


def refusal(cluster: Cluster, namespace: str, manifest: Manifest, validate: str) -> str:
    with pytest.raises(TestbedError) as caught:
        apply(cluster, namespace, manifest, validate)
    return str(caught.value)


def complaint(spec: dict[str, Any]) -> str:
    try:
        read_spec(spec)
    except InvalidCanary as invalid:
        return invalid.message
    return ""


def server_complaint(cluster: Cluster, manifest: Manifest) -> str:
    try:
        cluster.kubectl("create", "-n", "default", "--dry-run=server", "-f", "-", input=json.dumps(manifest))
    except TestbedError as error:
        if "is invalid" not in str(error):
            raise
        return str(error)
    return ""


def stored(cluster: Cluster, namespace: str, name: str = "checkout") -> Manifest:
    found: Manifest = json.loads(cluster.kubectl("get", "canaryrollout", name, "-n", namespace, "-o", "json"))
    return found


def ready(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    conditions = stored(cluster, namespace, name).get("status", {}).get("conditions", [])
    return next((it for it in conditions if it["type"] == "Ready"), {})


def status(cluster: Cluster, namespace: str) -> str:
    return cluster.kubectl("get", "canaryrollouts", "-n", namespace, "-o", "wide")


def until(condition: Any, seconds: float = 60, say: Any = lambda: "") -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except TestbedError:  # a fresh kind is not served at once
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, say()
        time.sleep(0.2)
