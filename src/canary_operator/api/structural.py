"""Pydantic's JSON schema → the structural schema that a CustomResourceDefinition may carry.

The API server refuses much of what pydantic writes (references, `anyOf` with null, numeric exclusive bounds). Only a
closed set of constructs is translated; any other is an error that names the field.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from canary_operator.api.cel import VALIDATIONS

Schema = dict[str, Any]

LIST_TYPE = "x-kubernetes-list-type"
LIST_MAP_KEYS = "x-kubernetes-list-map-keys"

_EVERYWHERE = {"type", "description", "default", VALIDATIONS}
_INT32 = 2**31


class Unsupported(TypeError):
    """A construct that has no structural counterpart here; the message names the field."""


def structural(model: type[BaseModel]) -> Schema:
    """The schema of an object. Raises Unsupported."""
    raw = model.model_json_schema(mode="serialization")
    definitions = raw.pop("$defs", {})
    return _lower(raw, definitions, model.__name__)


def _lower(raw: Schema, definitions: Schema, at: str) -> Schema:
    schema = _inlined(raw, definitions)
    kind = schema.get("type")
    if kind not in _KINDS:
        raise Unsupported(f"{at}: no translation for {schema}")
    lower, known = _KINDS[kind]
    if strange := schema.keys() - known - _EVERYWHERE:
        raise Unsupported(f"{at}: no translation for {', '.join(sorted(strange))} of a {kind}")
    common = {key: schema[key] for key in ("description", "type", "default", VALIDATIONS) if key in schema}
    return {**common, **lower(schema, definitions, at)}


def _inlined(raw: Schema, definitions: Schema) -> Schema:
    """Without title, reference and null; what stands beside a reference wins over what it refers to."""
    schema = {key: value for key, value in raw.items() if key != "title"}
    if "$ref" in schema:
        name = schema.pop("$ref").rpartition("/")[2]
        return _inlined({**definitions[name], **schema}, definitions)
    match schema:
        case {"anyOf": [inner, {"type": "null"}], **rest}:
            beside = {key: value for key, value in rest.items() if not (key == "default" and value is None)}
            return _inlined({**inner, **beside}, definitions)
    return schema


def _object(schema: Schema, definitions: Schema, at: str) -> Schema:
    if "additionalProperties" in schema:
        return _map(schema, definitions, at)
    properties = {
        name: _described(_lower(inner, definitions, f"{at}.{name}"), f"{at}.{name}")
        for name, inner in schema["properties"].items()
    }
    required = {"required": schema["required"]} if "required" in schema else {}
    return {**required, "properties": properties}


def _map(schema: Schema, definitions: Schema, at: str) -> Schema:
    _bounded(schema, "maxProperties", at)
    inner = _lower(schema["additionalProperties"], definitions, f"{at}{{}}")
    bounds: Schema = {key: schema[key] for key in ("minProperties", "maxProperties") if key in schema}
    return {**bounds, "additionalProperties": inner}


def _array(schema: Schema, definitions: Schema, at: str) -> Schema:
    _bounded(schema, "maxItems", at)
    bounds = {key: schema[key] for key in ("minItems", "maxItems", LIST_MAP_KEYS) if key in schema}
    return {
        **bounds,
        LIST_TYPE: schema.get(LIST_TYPE, "atomic"),
        "items": _lower(schema["items"], definitions, f"{at}[]"),
    }


def _string(schema: Schema, _definitions: Schema, at: str) -> Schema:
    if "const" in schema:
        return {"enum": [schema["const"]]}
    if "enum" not in schema and "format" not in schema:
        _bounded(schema, "maxLength", at)
    return {key: schema[key] for key in ("format", "enum", "minLength", "maxLength", "pattern") if key in schema}


def _integer(schema: Schema, _definitions: Schema, _at: str) -> Schema:
    narrow = schema.get("maximum", _INT32) < _INT32 and schema.get("minimum", -_INT32 - 1) >= -_INT32
    bounds: Schema = {key: schema[key] for key in ("minimum", "maximum") if key in schema}
    return {"format": "int32" if narrow else "int64", **bounds}


def _number(_schema: Schema, _definitions: Schema, _at: str) -> Schema:
    return {"format": "double"}


def _boolean(_schema: Schema, _definitions: Schema, _at: str) -> Schema:
    return {}


_KINDS: dict[object, tuple[Callable[[Schema, Schema, str], Schema], set[str]]] = {
    "object": (_object, {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}),
    "array": (_array, {"items", "minItems", "maxItems", LIST_TYPE, LIST_MAP_KEYS}),
    "string": (_string, {"const", "enum", "format", "minLength", "maxLength", "pattern"}),
    "integer": (_integer, {"minimum", "maximum"}),
    "number": (_number, set()),
    "boolean": (_boolean, set()),
}


def _bounded(schema: Schema, bound: str, at: str) -> None:
    """The API server prices a rule by the largest value that may come, so every size needs a bound."""
    if bound not in schema:
        raise Unsupported(f"{at}: has no {bound}")


def _described(schema: Schema, at: str) -> Schema:
    """With its description on one line; `kubectl explain` and the reference show nothing else."""
    if "description" not in schema:
        raise Unsupported(f"{at}: has no description")
    return {**schema, "description": " ".join(schema["description"].split())}
