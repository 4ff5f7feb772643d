"""The reference of every field, made from the models: `python -m canary_operator.api.reference > docs/reference/…`."""

import json
import re
import sys
from collections.abc import Iterator

from canary_operator.api.cel import VALIDATIONS, matches
from canary_operator.api.model import GROUP, KIND, VERSION
from canary_operator.api.quantities import DURATION, PERCENTAGE, SHARE
from canary_operator.api.rollout import Spec
from canary_operator.api.rules import RULES
from canary_operator.api.status import Status
from canary_operator.api.structural import Schema, structural

_HEAD = f"""\
<!-- Made from the models in src/canary_operator/api; edit those, then:
     python -m canary_operator.api.reference > docs/reference/canaryrollout.md -->

# {KIND}

`{GROUP}/{VERSION}`, namespaced, short name `cro`. In a terminal `kubectl explain canaryrollout.spec --recursive` shows
the same; [this one](../../examples/percentage/rollout.yaml) is a whole one.

Shares and percentages are strings such as `"5%"`, with at most four decimals. Durations are strings of hours, minutes
and whole seconds, such as `"90s"` or `"1h30m"`. `[]` in a path stands for each item of a list.
"""

_SPEC_HEAD = """
## Spec

| Field | Type | Default | Meaning |
|---|---|---|---|
"""

_RULES_HEAD = """
## What is refused

Besides the form of each value, the API server checks these rules; … stands for the value that was given.

| Field | Answer |
|---|---|
"""

_STATUS_HEAD = """
## Status

The operator writes it and nobody else should. `run` holds what the operator needs to go on after a restart; scripts
and dashboards should read `conditions` and the fields beside it.

| Field | Type | Meaning |
|---|---|---|
"""

_FORMS = {PERCENTAGE: "percentage", SHARE: "share", DURATION: "duration"}


def reference() -> str:
    """The whole page."""
    spec = "".join(
        f"| `{path}` | {_kind(schema)} | {_default(schema, required=required)} | {_cell(schema['description'])} |\n"
        for path, schema, required in _fields(structural(Spec), "spec")
    )
    rules = "".join(
        f"| `{path}` | {_cell(re.sub(r'{.*?}', '…', rule.says))} |\n"
        for path, checked in RULES.items()
        for rule in checked
    )
    status = "".join(
        f"| `{path}` | {_kind(schema)} | {_cell(schema['description'])} |\n"
        for path, schema, _ in _fields(structural(Status), "status")
    )
    return f"{_HEAD}{_SPEC_HEAD}{spec}{_RULES_HEAD}{rules}{_STATUS_HEAD}{status}"


def _fields(schema: Schema, path: str) -> Iterator[tuple[str, Schema, bool]]:
    """Every field below, with its path and whether it must be given."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner, name in schema.get("required", ())
        yield from _fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from _fields(schema["items"], f"{path}[]")


def _kind(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'])}, at most {schema['maxItems']}"
    if "enum" in schema:
        return " or ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("format") == "date-time":
        return "time"
    if {"minimum", "maximum"} <= schema.keys():
        return f"integer, {schema['minimum']} to {schema['maximum']}"
    return _form(schema) or str(schema["type"])


def _form(schema: Schema) -> str | None:
    tested = {rule["rule"] for rule in schema.get(VALIDATIONS, ())}
    return next((form for pattern, form in _FORMS.items() if matches(pattern, "").holds in tested), None)


def _default(schema: Schema, *, required: bool) -> str:
    if "default" in schema:
        return f"`{json.dumps(schema['default'])}`"
    return "required" if required else "optional"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
