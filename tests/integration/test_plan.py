"""What `canary-operator plan` says is what the operator then writes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator import cli
from canary_operator.api.rollout import Spec
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.traffic.preview import RUN, preview
from testbed.shop import Shop, rollout

pytestmark = pytest.mark.integration


def the_route(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.kubectl("get", "virtualservice", "checkout", "-o", "json"))
    return found


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan", *arguments])
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err


@pytest.mark.usefixtures("operator")
def test_the_first_write_is_the_planned_one(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Destinations, weights and record, all but the run's own name; the command reads what kubectl prints."""
    manifest = rollout((("25%", "1m"), ("100%", "3s")))
    before = the_route(shop)
    shop.adopt(manifest)
    target = Target(shop.namespace, "checkout", "", Spec.model_validate(manifest["spec"]))
    steps = preview(target, before)
    assert not isinstance(steps, Problem)
    shop.release("v2")
    run = shop.until("the first stage", lambda seen: seen.state == "Staged").run
    live, planned = the_route(shop), steps[1].route
    assert live["spec"] == planned["spec"]
    record = planned["metadata"]["annotations"]["canary-operator.dev/route"].replace(RUN, run)
    assert live["metadata"]["annotations"]["canary-operator.dev/route"] == record
    file = tmp_path / "all.yaml"
    file.write_text(shop.kubectl("get", "virtualservices,canaryrollouts", "-o", "yaml"))
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan", str(file)])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "stage 1 of 2: 25% for 1m" in said
    assert "Afterwards the VirtualService is as it was." in said


@pytest.mark.usefixtures("installed")
def test_the_cluster_is_read_where_there_is_no_file(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same plan as from the route that kubectl prints, by the rollout in a file and by the one in the cluster."""
    manifest = rollout((("25%", "1m"), ("100%", "3s")))
    manifest["metadata"]["namespace"] = shop.namespace
    file, route = tmp_path / "rollout.json", tmp_path / "route.json"
    file.write_text(json.dumps(manifest))
    route.write_text(json.dumps(the_route(shop)))
    access = ("--cluster", "--kubeconfig", str(shop.cluster.kubeconfig))
    code, expected = planned(capsys, str(file), str(route))
    assert code == 0
    version = the_route(shop)["metadata"]["resourceVersion"]
    code, said = planned(capsys, str(file), *access)
    assert code == 0
    assert said.startswith(expected)
    assert said[len(expected) :].startswith(f"warning probe-missing: Deployment {shop.namespace}/checkout")
    shop.apply(manifest)
    assert planned(capsys, *access, "-n", shop.namespace) == (code, said)
    assert the_route(shop)["metadata"]["resourceVersion"] == version


@pytest.mark.usefixtures("installed")
def test_what_the_cluster_does_not_give_is_said_in_one_line(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of that name, no right to read it, nobody there."""
    manifest = rollout()
    manifest["metadata"]["namespace"] = shop.namespace
    manifest["spec"]["traffic"]["istio"]["virtualServices"][0]["name"] = "payments"
    file, nowhere = tmp_path / "rollout.json", tmp_path / "nowhere"
    file.write_text(json.dumps(manifest))
    kubeconfig = str(shop.cluster.kubeconfig)
    code, said = planned(capsys, str(file), "--cluster", "--kubeconfig", kubeconfig)
    assert code == 2
    assert f"needs the VirtualService {shop.namespace}/payments; in the cluster are: VirtualService" in said
    code, said = planned(capsys, str(file), "--cluster", "--kubeconfig", kubeconfig, "--context", "elsewhere")
    assert code == 2
    assert "no cluster by the kubeconfig" in said
    forbidden = yaml.safe_load(Path(kubeconfig).read_text())
    forbidden["users"][0]["user"] = {"token": "nobody"}
    nowhere.write_text(yaml.safe_dump(forbidden))
    code, said = planned(capsys, str(file), "--cluster", "--kubeconfig", str(nowhere))
    assert code == 2
    assert f"get /apis/networking.istio.io/v1/namespaces/{shop.namespace}/virtualservices/payments: " in said
    forbidden["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    nowhere.write_text(yaml.safe_dump(forbidden))
    code, said = planned(capsys, str(file), "--cluster", "--kubeconfig", str(nowhere))
    assert code == 2
    assert "Cannot connect" in said
