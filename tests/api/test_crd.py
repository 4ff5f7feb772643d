from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from canary_operator.api.cel import VALIDATIONS
from canary_operator.api.crd import crd, crd_yaml
from canary_operator.api.reference import reference
from canary_operator.api.rules import RULES

ROOT = Path(__file__).parents[2]
VERSION = crd()["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def test_the_committed_definition_is_the_one_that_the_models_make() -> None:
    """If this fails: python -m canary_operator.api.crd > crds/canaryrollouts.canary-operator.dev.yaml."""
    committed = ROOT / "crds" / "canaryrollouts.canary-operator.dev.yaml"
    assert committed.read_text(encoding="utf-8") == crd_yaml()


def test_the_committed_reference_is_the_one_that_the_models_make() -> None:
    """If this fails: python -m canary_operator.api.reference > docs/reference/canaryrollout.md."""
    assert (ROOT / "docs" / "reference" / "canaryrollout.md").read_text(encoding="utf-8") == reference()


def test_the_file_says_what_the_definition_says() -> None:
    """Nothing is lost between the models and the file."""
    assert yaml.safe_load(crd_yaml()) == crd()


def test_static_defaults_are_visible() -> None:
    """Whoever reads the stored object sees what holds."""
    analysis = SCHEMA["properties"]["spec"]["properties"]["analysis"]["properties"]
    defaults = {name: inner["default"] for name, inner in analysis.items() if "default" in inner}
    assert defaults == {
        "providerRef": {"name": "default"},
        "scrapesPerLook": 1,
        "warmup": "1m",
        "minCanaryRequests": 100,
        "onInsufficientData": "Hold",
        "noData": "Hold",
        "onShareMismatch": "Hold",
    }


def test_a_default_is_told_in_its_description() -> None:
    """`kubectl explain` shows descriptions and no defaults."""
    assert SCHEMA["properties"]["spec"]["properties"]["maxDuration"]["description"].endswith("Default: 24h.")


def test_a_status_of_any_version_is_taken() -> None:
    """An operator that is newer or older than the definition can always write down what it did."""
    for at, schema in schemas(SCHEMA["properties"]["status"], "status"):
        refusals = {"default", "enum", "pattern", "minimum", "maximum", "minItems", "minLength", VALIDATIONS}
        assert not refusals & schema.keys(), at
        by_key = at == "status.conditions[]" or at.endswith((".headers[]", ".queryParams[]"))
        assert "required" not in schema or by_key


def test_conditions_are_told_apart_by_their_type() -> None:
    """Two writers may each own one."""
    conditions = SCHEMA["properties"]["status"]["properties"]["conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert "type" in conditions["items"]["required"]


def test_every_size_in_the_schema_has_a_bound() -> None:
    """No object can grow until the API server refuses the next write."""
    for at, schema in schemas(SCHEMA["properties"]["status"], "status"):
        if schema["type"] == "array":
            assert "maxItems" in schema, at
        if schema["type"] == "string" and schema.get("format") != "date-time":
            assert "maxLength" in schema, at


def test_every_rule_says_something_and_stands_where_it_was_put() -> None:
    """A rule without a sentence would be answered with its own source."""
    placed = {
        rule["rule"]: rule
        for _, schema in schemas(SCHEMA["properties"]["spec"], "spec")
        for rule in schema.get(VALIDATIONS, ())
    }
    assert all(rule.keys() & {"message", "messageExpression"} for rule in placed.values())
    assert {rule.holds for rules in RULES.values() for rule in rules} <= placed.keys()


def test_other_tools_names_are_left_alone() -> None:
    """In a cluster with Flagger or Argo Rollouts their short words keep meaning theirs."""
    names = crd()["spec"]["names"]
    words = {names["plural"], names["singular"], *names["shortNames"], *names["categories"]}
    assert not words & {"canary", "canaries", "rollout", "rollouts", "ro", "all"}


def test_the_table_shows_what_matters_first() -> None:
    """Seven columns fit a terminal; the rest is for `-o wide`."""
    narrow = [column["name"] for column in VERSION["additionalPrinterColumns"] if not column.get("priority")]
    assert narrow == ["Ready", "Stage", "Weight", "Observed", "Requests", "Reason", "Age"]


def schemas(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield at, schema
    for name, inner in schema.get("properties", {}).items():
        yield from schemas(inner, f"{at}.{name}")
    if "items" in schema:
        yield from schemas(schema["items"], f"{at}[]")
