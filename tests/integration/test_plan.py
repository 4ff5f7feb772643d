"""What `canary-operator plan` says is what the operator then writes."""

import json
from pathlib import Path
from typing import Any

import pytest

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
