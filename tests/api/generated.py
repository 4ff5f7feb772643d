"""Specs made from the schema that the API server has: every value fits its own place, whatever it contradicts."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from canary_operator.api.cel import VALIDATIONS
from canary_operator.api.crd import crd
from canary_operator.api.structural import Schema

_MATCHES = "self.matches("


def spec_schema() -> Schema:
    schema: Schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def fitting(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that the schema takes, rules between fields apart."""
    return _KINDS[schema["type"]](schema)


def _objects(schema: Schema) -> st.SearchStrategy[Any]:
    parts = {name: fitting(inner) for name, inner in schema["properties"].items()}
    required = {name: part for name, part in parts.items() if name in schema.get("required", ())}
    optional = {name: part for name, part in parts.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _lists(schema: Schema) -> st.SearchStrategy[Any]:
    longest = min(schema["maxItems"], 4)
    return st.lists(fitting(schema["items"]), min_size=schema.get("minItems", 0), max_size=longest)


def _texts(schema: Schema) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    forms = [rule["rule"] for rule in schema.get(VALIDATIONS, ()) if rule["rule"].startswith(_MATCHES)]
    if forms:
        pattern = json.loads(forms[0].removeprefix(_MATCHES).removesuffix(")"))
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= schema["maxLength"])
    return st.text(
        st.characters(codec="ascii", categories=["L", "N"]), min_size=schema.get("minLength", 0), max_size=20
    )


def _integers(schema: Schema) -> st.SearchStrategy[Any]:
    return st.integers(schema["minimum"], schema["maximum"])


def _booleans(_schema: Schema) -> st.SearchStrategy[Any]:
    return st.booleans()


_KINDS: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _lists,
    "string": _texts,
    "integer": _integers,
    "boolean": _booleans,
}


def coherent(spec: dict[str, Any]) -> dict[str, Any]:
    """The same spec without what it most often contradicts, so that many of them are good ones."""
    weights = sorted({f"{number}%" for number in (5, 25, 50)}, key=lambda weight: float(weight[:-1]))
    stages = [{"weight": weight, "duration": "10m"} for weight, _ in zip(weights, spec["stages"], strict=False)]
    subject = {"workload": spec["workload"]} if "workload" in spec else {"revision": spec.get("revision", "v2")}
    rest = {name: value for name, value in spec.items() if name not in {"workload", "revision", "maxDuration"}}
    analysis = {**spec["analysis"], "warmup": "1m", "metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]}
    return {**rest, **subject, "stages": stages, "analysis": analysis}


SPECS = fitting(spec_schema())
GOOD_SPECS = SPECS.map(coherent)
