"""The CustomResourceDefinition, made from the models: `python -m canary_operator.api.crd > crds/…`."""

import sys
from typing import Any

import yaml

from canary_operator.api.cel import VALIDATIONS, Rule, lowered
from canary_operator.api.model import GROUP, KIND, PLURAL, VERSION
from canary_operator.api.rollout import Spec
from canary_operator.api.rules import RULES
from canary_operator.api.status import Status
from canary_operator.api.structural import LIST_MAP_KEYS, Schema, structural

_HEADER = """\
# Made from the models in src/canary_operator/api; edit those, then:
#   python -m canary_operator.api.crd > crds/canaryrollouts.canary-operator.dev.yaml
"""

_NAMES = {
    "kind": KIND,
    "listKind": f"{KIND}List",
    "plural": PLURAL,
    "singular": KIND.lower(),
    # Neither `canary` nor `rollouts` as a name or category: in a cluster that also has Flagger or Argo Rollouts,
    # `kubectl get` with that word would show ours instead of theirs.
    "shortNames": ["cro"],
    "categories": ["canary-operator"],
}

_READY = '.status.conditions[?(@.type=="Ready")]'
_COLUMNS = (
    ("Ready", "string", f"{_READY}.status", "Whether the rollout is as it should be"),
    ("Stage", "string", ".status.stage", "The present stage of how many"),
    ("Weight", "string", ".status.weight", "The share that the canary was given"),
    ("Observed", "string", ".status.observedWeight", "The share of requests that the canary got"),
    ("Requests", "integer", ".status.canaryRequests", "Requests that the canary answered in this run"),
    ("Reason", "string", f"{_READY}.reason", "Why it is ready or not"),
    ("Age", "date", ".metadata.creationTimestamp", "Since when the rollout exists"),
)
_WIDE_COLUMNS = (
    ("State", "string", ".status.state", "Where the rollout stands"),
    ("Score", "integer", ".status.score", "How the critical metrics stand, from 0 to 100"),
    ("Run", "string", ".status.run.id", "The run in progress"),
    # A date would be shown as an age, and this one is still to come.
    ("Ends", "string", ".status.run.endsAt", "When the present stage ends"),
    ("Stable", "string", ".status.stableRevision", "The revision that is stable"),
    ("Message", "string", f"{_READY}.message", "The reason in a sentence"),
)
_REFUSALS = {
    *("default", "required", "enum", "pattern", "minimum", "maximum", "minItems", "minLength", "minProperties"),
    VALIDATIONS,
}


def crd() -> dict[str, Any]:
    """The whole definition."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "names": _NAMES, "scope": "Namespaced", "versions": [_version()]},
    }


def crd_yaml() -> str:
    """The definition as it is committed."""
    return _HEADER + yaml.dump(crd(), sort_keys=False, width=120, allow_unicode=True, Dumper=_WithoutAliases)


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [*(_column(*it) for it in _COLUMNS), *(_column(*it, 1) for it in _WIDE_COLUMNS)],
        "schema": {"openAPIV3Schema": _schema()},
    }


def _column(name: str, kind: str, path: str, description: str, priority: int = 0) -> dict[str, Any]:
    """Priority 1 is shown with `-o wide` only."""
    column = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return {**column, "priority": priority} if priority else column


def _schema() -> Schema:
    spec = _told(structural(Spec))
    for path, rules in RULES.items():
        _add(spec, path, rules)
    return {
        "description": "A release in stages, judged against what runs beside it, and taken back when it does harm.",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The version of this API."},
            "kind": {"type": "string", "description": f"Always {KIND}."},
            "metadata": {"type": "object"},
            "spec": {**spec, "description": "What is asked for."},
            "status": {**_observed(structural(Status)), "description": "What the operator sees and remembers."},
        },
    }


def _add(spec: Schema, path: str, rules: tuple[Rule, ...]) -> None:
    """Puts rules where the path leads: `spec.stages[].weight`. KeyError when it leads nowhere."""
    schema = spec
    for step in path.replace("[]", ".items").split(".")[1:]:
        schema = schema["items"] if step == "items" else schema["properties"][step]
    schema[VALIDATIONS] = [*schema.get(VALIDATIONS, ()), *lowered(rules)[VALIDATIONS]]


def _told(schema: Schema) -> Schema:
    """The same with each default in its description, since `kubectl explain` shows no default."""
    told = dict(schema)
    if isinstance(schema.get("default"), str | int):
        told["description"] = f"{schema['description']} Default: {schema['default']}."
    if "properties" in schema:
        told["properties"] = {name: _told(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        told["items"] = _told(schema["items"])
    return told


def _observed(schema: Schema, *, key: bool = False) -> Schema:
    """A schema for what we write ourselves: it documents and bounds, and refuses nothing else.

    A status is older or newer than this definition whenever Helm left the definition behind. So nothing is filled in,
    and nothing is required save in the items of a list-map, whose keys must be there; and an enumeration is only told.
    """
    seen = {name: value for name, value in schema.items() if name not in _REFUSALS}
    if key and "required" in schema:
        seen["required"] = schema["required"]
    if "enum" in schema:
        seen["description"] = f"{schema.get('description', '')} One of: {', '.join(schema['enum'])}.".strip()
        seen["maxLength"] = 64
    if "properties" in schema:
        seen["properties"] = {name: _observed(inner) for name, inner in schema["properties"].items()}
    if "items" in schema:
        seen["items"] = _observed(schema["items"], key=LIST_MAP_KEYS in schema)
    return seen


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True


if __name__ == "__main__":
    sys.stdout.write(crd_yaml())
