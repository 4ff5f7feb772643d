import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.planning import EXAMPLE, EXAMPLES, plan

DARK_LAUNCH = EXAMPLES / "dark-launch" / "rollout.yaml"
MIRROR = EXAMPLES / "mirror" / "rollout.yaml"
STICKY = EXAMPLES / "sticky" / "rollout.yaml"
HTTP_ROUTE = EXAMPLES / "http-route" / "rollout.yaml"


def test_each_stage_is_a_diff(capsys: pytest.CaptureFixture[str], route: Path) -> None:
    """Weights, the canary's destination, our record, and nothing else; at the end all of it is taken out again."""
    code, said = plan(capsys, EXAMPLE, route)
    assert code == 0
    assert said.startswith("CanaryRollout shop/checkout, VirtualService shop/checkout\n\nstage 1 of 4: 5% for 30m\n")
    first, *_, last = said.split("\n\n")[1:-1]
    added = [line.strip() for line in first.splitlines() if line.startswith("  +")]
    assert "+      weight: 95" in added
    assert "+        host: checkout-canary" in added
    assert "+      weight: 5" in added
    assert "the end, promoted or rolled back" in said
    assert "Afterwards the VirtualService is as it was." in last
    assert "resourceVersion" not in said
    assert "*id" not in said


def test_an_httproute_is_planned_like_any_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The backend that is added, the weights, and the way home."""
    rule = {"name": "primary", "backendRefs": [{"name": "checkout", "port": 80}]}
    metadata = {"name": "checkout", "namespace": "shop"}
    manifest = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata}
    route = tmp_path / "route.yaml"
    route.write_text(yaml.safe_dump({**manifest, "spec": {"rules": [rule]}}))
    code, said = plan(capsys, HTTP_ROUTE, route)
    assert code == 0
    assert said.startswith("CanaryRollout shop/checkout, HTTPRoute shop/checkout\n\nstage 1 of 3: 5% for 30m\n")
    assert "  +    - name: checkout-canary\n  +      port: 80\n  +      weight: 5\n" in said
    assert "Afterwards the HTTPRoute is as it was." in said
    code, said = plan(capsys, HTTP_ROUTE, EXAMPLE)
    assert code == 2
    assert "needs the HTTPRoute shop/checkout; in the files are: none" in said


def test_every_httproute_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each with all of its rules that are split; one that the files don't have is asked for."""
    rollout, backends = yaml.safe_load(HTTP_ROUTE.read_text()), [{"name": "checkout", "port": 80}]
    references = [{"name": "checkout", "rules": ["primary", "admin"]}, {"name": "checkout-mesh"}]
    rollout["spec"]["traffic"]["gatewayAPI"]["httpRoutes"] = references
    manifest = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    gateway, mesh = (
        {
            **manifest,
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"rules": [{**rule, "backendRefs": backends} for rule in rules]},
        }
        for name, rules in (("checkout", [{"name": "admin"}, {"name": "primary"}]), ("checkout-mesh", [{}]))
    )
    files = tmp_path / "files.yaml"
    files.write_text(yaml.safe_dump_all([rollout, gateway, mesh]))
    code, said = plan(capsys, files)
    assert code == 0
    assert said.count("Afterwards the HTTPRoute is as it was.") == 2
    first, second = said.split("CanaryRollout shop/checkout, HTTPRoute ")[1:]
    assert first.startswith("shop/checkout\n")
    assert second.startswith("shop/checkout-mesh\n")
    assert first.split("\n\n")[1].count("+    - name: checkout-canary") == 2
    files.write_text(yaml.safe_dump_all([rollout, gateway]))
    code, said = plan(capsys, files)
    assert code == 2
    assert "needs the HTTPRoute shop/checkout-mesh" in said


def test_testers_of_an_httproute_are_planned_with_their_rules(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the path that the API server fills in; a rule that they would take requests from is an error."""
    rollout, rule = yaml.safe_load(HTTP_ROUTE.read_text()), {"backendRefs": [{"name": "checkout", "port": 80}]}
    rollout["spec"]["traffic"]["canaryMatches"] = [{"headers": [{"name": "x-canary", "exact": "true"}]}]
    metadata = {"name": "checkout", "namespace": "shop"}
    rules = [{"name": "primary", **rule}]
    manifest = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata}
    files = tmp_path / "files.yaml"
    files.write_text(yaml.safe_dump_all([rollout, {**manifest, "spec": {"rules": rules}}]))
    code, said = plan(capsys, files)
    assert code == 0
    assert "stage 1 of 3: 5% and canaryMatches for 30m" in said
    assert "name: canary-operator-match-1-checkout" in said
    assert "Afterwards the HTTPRoute is as it was." in said
    rules.append({"name": "team", "matches": [{"headers": [{"name": "x-team", "value": "a"}]}], **rule})
    files.write_text(yaml.safe_dump_all([rollout, {**manifest, "spec": {"rules": rules}}]))
    code, said = plan(capsys, files)
    assert code == 1
    assert "says more than rule team does" in said


def test_a_route_that_the_operator_makes_needs_no_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It is shown as it is made, and then what a run does to it; somebody else's of the same name is refused."""
    manifest = yaml.safe_load(EXAMPLE.read_text())
    manifest["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": "split", "managedRoute": True}]
    rollout, route = tmp_path / "rollout.yaml", tmp_path / "route.yaml"
    rollout.write_text(yaml.safe_dump(manifest))
    code, said = plan(capsys, rollout)
    assert code == 0
    assert said.startswith(
        "CanaryRollout shop/checkout: VirtualService shop/split is made first\n  +apiVersion: networking"
    )
    assert "  +        host: checkout-canary.shop.svc.cluster.local\n  +      weight: 5" in said
    assert "Afterwards the VirtualService is as it was." in said
    metadata = {"name": "split", "namespace": "shop"}
    route.write_text(yaml.safe_dump({"kind": "VirtualService", "metadata": metadata, "spec": {"http": []}}))
    code, said = plan(capsys, rollout, route)
    assert code == 1
    assert "would be refused: RouteNameTaken: VirtualService shop/split exists and was not made for this" in said


@pytest.mark.parametrize("example", [DARK_LAUNCH, MIRROR, STICKY], ids=lambda path: str(path.parent.name))
def test_what_is_inserted_is_shown_step_by_step(capsys: pytest.CaptureFixture[str], route: Path, example: Path) -> None:
    """Testers, a bucket that grows, copies, users who are drawn once more; `GOLDEN=write` writes the answer anew."""
    code, said = plan(capsys, example, route)
    golden = Path(__file__).with_name("golden") / f"{example.parent.name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(said)
    assert (code, said) == (0, golden.read_text())


@pytest.mark.parametrize(
    ("match", "says"),
    [
        ({"headers": {"x-canary": {"exact": "2"}}}, "the header x-canary already, and traffic.canaryMatches[0]"),
        ({"headers": {"cookie": {"regex": "a"}}}, "the header cookie already, and traffic.canaryMatches[1]"),
        ({"headers": {"x-user-id": {"exact": "7"}}}, "the header x-user-id already, and traffic.canaryBucket"),
    ],
)
def test_tests_that_cannot_be_combined_are_refused(
    capsys: pytest.CaptureFixture[str], route: Path, match: Any, says: str
) -> None:
    """In the words of the condition, with the field of the spec."""
    manifest = yaml.safe_load(route.read_text())
    manifest["spec"]["http"][0]["match"] = [match]
    route.write_text(yaml.safe_dump(manifest))
    code, said = plan(capsys, DARK_LAUNCH, route)
    assert code == 1
    assert "would be refused: RouteUnsupported: http route primary" in said
    assert says in said


def test_one_file_may_hold_everything(capsys: pytest.CaptureFixture[str], route: Path, tmp_path: Path) -> None:
    """As kubectl prints lists, and beside objects that are none of ours."""
    documents = [yaml.safe_load(path.read_text()) for path in (EXAMPLE, route)]
    everything = {"apiVersion": "v1", "kind": "List", "items": [{"kind": "Secret"}, None, *documents]}
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(everything))
    assert plan(capsys, path) == plan(capsys, EXAMPLE, route)


def test_a_manifest_without_a_namespace_is_in_the_given_one(
    capsys: pytest.CaptureFixture[str], route: Path, tmp_path: Path
) -> None:
    """The same default for both, so that they find each other."""
    bare = []
    for path in (EXAMPLE, route):
        manifest = yaml.safe_load(path.read_text())
        del manifest["metadata"]["namespace"]
        bare.append(tmp_path / f"bare-{path.name}")
        bare[-1].write_text(yaml.safe_dump(manifest))
    code, said = plan(capsys, "-n", "eu", *bare)
    assert code == 0
    assert said.startswith("CanaryRollout eu/checkout, VirtualService eu/checkout\n")


def test_a_refused_route_says_what_the_condition_would(capsys: pytest.CaptureFixture[str], route: Path) -> None:
    """With the names that there are, and exit code 1 for a pipeline."""
    route.write_text(route.read_text().replace("primary", "main"))
    code, said = plan(capsys, EXAMPLE, route)
    assert code == 1
    assert "would be refused: RouteNotFound: " in said
    assert "there are: main" in said


def test_a_refused_spec_names_field_and_value(capsys: pytest.CaptureFixture[str], route: Path, tmp_path: Path) -> None:
    """Before anything is applied."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(EXAMPLE.read_text().replace('"25%"', "25"))
    code, said = plan(capsys, wrong, route)
    assert code == 1
    assert "would be refused: InvalidSpec: spec.stages[1].weight 25: " in said


@pytest.fixture
def connections(tmp_path: Path, route: Path) -> Path:
    """A rollout of a tcp route; the VirtualService gets one beside its http route."""
    manifest = yaml.safe_load(route.read_text())
    manifest["spec"]["tcp"] = [{"match": [{"port": 9000}], "route": [{"destination": {"host": "checkout"}}]}]
    route.write_text(yaml.safe_dump(manifest))
    rollout = yaml.safe_load(EXAMPLE.read_text())
    rollout["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": "checkout", "tcpRoutes": [{"port": 9000}]}]
    own = {"name": "reset", "promQL": "reset{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}
    rollout["spec"]["analysis"]["metrics"] = [own]
    path = tmp_path / "connections.yaml"
    path.write_text(yaml.safe_dump(rollout))
    return path


def test_a_tcp_route_is_planned_like_any_other(
    capsys: pytest.CaptureFixture[str], route: Path, connections: Path
) -> None:
    """Its weights, with the port in our record; the http route beside it is in no diff."""
    code, said = plan(capsys, connections, route)
    assert code == 0
    assert '"tcp":{"port":9000}' in said
    added = [line.strip() for line in said.split("\n\n")[1].splitlines() if line.startswith("  +")]
    changes = ["+      weight: 95", "+    - destination:", "+        host: checkout-canary", "+      weight: 5"]
    assert added[2:] == changes
    assert "name: primary" not in "".join(added)
    assert "Afterwards the VirtualService is as it was." in said


def test_presets_for_connections_are_refused(
    capsys: pytest.CaptureFixture[str], route: Path, connections: Path
) -> None:
    """With the cure."""
    rollout = yaml.safe_load(connections.read_text())
    rollout["spec"]["analysis"]["metrics"] = [{"preset": "istio-latency-p99", "maxIncrease": "20%"}]
    connections.write_text(yaml.safe_dump(rollout))
    code, said = plan(capsys, connections, route)
    assert code == 1
    assert 'metric "istio-latency-p99" judges HTTP requests' in said
    assert "istio_tcp_connections_closed_total" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: Service\nmetadata: {name: x}", "there is no CanaryRollout in "),
        ("a: [", "is not YAML"),
        (EXAMPLE.read_text(), "needs the VirtualService shop/checkout; in the files are: none"),
    ],
)
def test_what_is_missing_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, says: str
) -> None:
    """A wrong call is code 2, as everywhere."""
    path = tmp_path / "some.yaml"
    path.write_text(text)
    code, said = plan(capsys, path)
    assert code == 2
    assert says in said
    assert said.count("\n") == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
PLACES = (
    ("spec",),
    ("metadata", "annotations"),
    ("metadata", "labels"),
    ("spec", "hosts"),
    ("spec", "http"),
    ("spec", "http", 0),
    ("spec", "http", 0, "name"),
    ("spec", "http", 0, "route"),
    ("spec", "http", 0, "route", 0),
    ("spec", "http", 0, "route", 0, "weight"),
    ("spec", "http", 0, "route", 0, "headers"),
    ("spec", "http", 0, "route", 0, "destination"),
    ("spec", "http", 0, "route", 0, "destination", "host"),
    ("spec", "http", 0, "route", 0, "destination", "port"),
    ("spec", "http", 0, "delegate"),
    ("spec", "http", 0, "match"),
    ("spec", "http", 0, "match", 0),
    *(("spec", "http", 0, "match", 0, field) for field in ("headers", "queryParams", "sourceLabels", "uri", "method")),
    ("spec", "http", 0, "match", 0, "headers", "x-canary"),
    ("spec", "tcp"),
    ("spec", "tcp", 0),
    ("spec", "tcp", 0, "match"),
    ("spec", "tcp", 0, "match", 0),
    ("spec", "tcp", 0, "match", 0, "port"),
    ("spec", "tcp", 0, "match", 0, "sniHosts"),
    ("spec", "tcp", 0, "route"),
    ("spec", "tcp", 0, "route", 0, "weight"),
)


@pytest.mark.thorough
@given(st.sampled_from(PLACES), ANYTHING)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_route_is_answered_with_a_traceback(
    capsys: pytest.CaptureFixture[str], route: Path, connections: Path, place: tuple[Any, ...], value: object
) -> None:
    """Whatever stands in the place of one part: a plan, or a sentence."""
    manifest = yaml.safe_load(route.read_text())
    manifest["spec"]["http"][0]["match"] = [{"headers": {"x": {"exact": "1"}}}]
    parent = manifest
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    path = route.with_name("wrong.yaml")
    path.write_text(yaml.safe_dump(manifest))
    for rollout in (EXAMPLE, DARK_LAUNCH, connections):
        code, said = plan(capsys, rollout, path)
        assert code in {0, 1, 2}, said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"http": "x"}, "spec.http 'x': input should be a valid list"),
        ({"http": [5]}, "spec.http[0] 5: input should be"),
        (
            {"http": [{"route": [{"destination": {"host": "checkout"}, "weight": "abc"}]}]},
            "spec.http[0].route[0].weight 'abc'",
        ),
        ({"tcp": [{"match": [{"port": "9000"}]}]}, "spec.tcp[0].match[0].port '9000': input should be"),
        ({"tls": [{"match": [{"sniHosts": [5]}]}]}, "spec.tls[0].match[0].sniHosts[0] 5: input should be"),
        ({"http": [{"match": {"uri": {}}}]}, "spec.http[0].match: input should be a valid list"),
        ({"http": [{"match": [{"headers": ["x"]}]}]}, "spec.http[0].match[0].headers: input should be"),
        ({"http": [{"route": [{"destination": {}}]}]}, "spec.http[0].route[0].destination.host: field required"),
    ],
)
def test_a_misshapen_route_is_named_by_its_place(
    capsys: pytest.CaptureFixture[str], route: Path, change: dict[str, Any], complaint: str
) -> None:
    manifest = yaml.safe_load(route.read_text())
    route.write_text(yaml.safe_dump({**manifest, "spec": {**manifest["spec"], **change}}))
    code, said = plan(capsys, EXAMPLE, route)
    assert code == 1
    assert f"VirtualService shop/checkout: {complaint}" in said


def test_every_virtual_service_is_shown(capsys: pytest.CaptureFixture[str], route: Path, tmp_path: Path) -> None:
    """Each with all of its routes that are split; one that the files don't have is asked for."""
    first = yaml.safe_load(route.read_text())
    rule = first["spec"]["http"][0]
    first["spec"]["http"].append({**rule, "name": "admin"})
    second = {**first, "metadata": {"name": "checkout-mesh", "namespace": "shop"}, "spec": {"http": [rule]}}
    both = tmp_path / "both.yaml"
    both.write_text(yaml.safe_dump_all([first, second]))
    code, said = plan(capsys, EXAMPLES / "several-routes" / "rollout.yaml", both)
    assert code == 0
    assert said.count("Afterwards the VirtualService is as it was.") == 2
    gateway, mesh = said.split("CanaryRollout shop/checkout, VirtualService ")[1:]
    assert gateway.startswith("shop/checkout\n")
    assert mesh.startswith("shop/checkout-mesh\n")
    first_stage = gateway.split("\n\n")[1]
    assert first_stage.count("+        host: checkout-canary") == 2
    code, said = plan(capsys, EXAMPLES / "several-routes" / "rollout.yaml", route)
    assert code == 2
    assert "needs the VirtualService shop/checkout-mesh" in said
