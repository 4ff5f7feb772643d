from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator import cli
from tests.lint.manifests import GOOD, TWO


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["lint", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err


def written(path: Path, *manifests: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump_all(manifests))
    return path


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, written(tmp_path / "good.yaml", *GOOD.values())) == (0, "no pitfall in 4 manifests\n")


def test_warnings_fail_only_where_they_must(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    route = {
        **GOOD["route"],
        "spec": {"hosts": ["checkout"], "http": [{"route": [TWO[0], {"destination": {"host": "b"}}]}]},
    }
    path = written(tmp_path / "route.yaml", route)
    code, said = run(capsys, path)
    assert code == 0
    assert said.startswith("warning weight-missing: VirtualService shop/checkout: http[0] has 1 of 2 destinations")
    assert run(capsys, path, "--strict")[0] == 1


def test_an_error_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = {**GOOD["rollout"]["spec"], "stages": []}
    code, said = run(capsys, written(tmp_path / "rollout.yaml", {**GOOD["rollout"], "spec": spec}))
    assert code == 1
    assert "error rollout-invalid: CanaryRollout shop/checkout: spec.stages" in said


def test_what_is_no_yaml_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("a: [")
    code, said = run(capsys, tmp_path / "wrong.yaml")
    assert code == 2
    assert said.startswith("canary-operator: wrong.yaml is not YAML")
