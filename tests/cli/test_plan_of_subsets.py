"""What is added to a DestinationRule."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.planning import EXAMPLES, plan

SUBSET = EXAMPLES / "subset"


@pytest.fixture
def application() -> list[Any]:
    """Of the example with subsets: Deployment, Service, DestinationRule, VirtualService."""
    return list(yaml.safe_load_all((SUBSET / "checkout.yaml").read_text()))


def written(path: Path, manifests: list[Any]) -> Path:
    path.write_text(yaml.safe_dump_all(manifests))
    return path


def test_what_is_added_to_a_destination_rule_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """After the routes, in which a subset is named beside the stable one."""
    code, said = plan(capsys, SUBSET / "rollout.yaml", SUBSET / "checkout.yaml")
    assert code == 0
    assert "+        subset: canary" in said
    rule = said.split("DestinationRule shop/checkout, for each run")[1]
    added = [line.strip() for line in rule.splitlines() if line.startswith("  +")]
    assert "+      version: v1-canary" in added
    assert not [line for line in rule.splitlines() if line.startswith("  -")]


def test_a_destination_rule_with_both_subsets_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, application: list[Any]
) -> None:
    """Nothing is added to it."""
    application[2]["spec"]["subsets"].append({"name": "canary", "labels": {"version": "v2"}})
    code, said = plan(capsys, SUBSET / "rollout.yaml", written(tmp_path / "a.yaml", application))
    assert (code, "DestinationRule shop/checkout, as it is" in said) == (0, True)


@pytest.mark.parametrize(
    ("subsets", "words"),
    [
        (
            [{"name": "v1", "labels": {"version": "v1"}}],
            "SubsetUnsupported: DestinationRule shop/checkout has no",
        ),
        ([{"name": "stable", "labels": {"app": "checkout"}}], "LabelNotFound: DestinationRule shop/checkout: no label"),
        ([{"name": 1}], "SubsetUnsupported: DestinationRule shop/checkout: spec.subsets[0].name 1"),
    ],
)
def test_a_destination_rule_of_no_use_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, application: list[Any], subsets: list[Any], words: str
) -> None:
    """In the operator's words."""
    application[2]["spec"]["subsets"] = subsets
    code, said = plan(capsys, SUBSET / "rollout.yaml", written(tmp_path / "a.yaml", application))
    assert (code, words in said) == (1, True)


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_what_the_files_do_not_have_is_not_spoken_of(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, application: list[Any], left_out: int
) -> None:
    """Deployment, Service or DestinationRule: the route is shown all the same."""
    del application[left_out]
    code, said = plan(capsys, SUBSET / "rollout.yaml", written(tmp_path / "a.yaml", application))
    assert (code, "\nDestinationRule" in said, "subset: canary" in said) == (0, False, True)
