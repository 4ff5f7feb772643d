"""The annotation of a route that says what we did to it: one JSON value, which maps each rollout to its entry."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from canary_operator.api.model import GROUP, Model
from canary_operator.providers.objects import Object

ANNOTATION = f"{GROUP}/route"
NO_OBJECT = "is not a JSON object"

Entry = TypeVar("Entry", bound=Model)


def annotation(live: Object) -> str | None:
    return (live["metadata"].get("annotations") or {}).get(ANNOTATION)


def entries(live: Object) -> dict[str, Any] | None:
    """The raw entry of each rollout; empty where there is no annotation, None where it is no JSON object."""
    try:
        parsed = json.loads(annotation(live) or "{}")
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def read(live: Object, rollout: str, of: type[Entry]) -> Entry | str | None:
    """The rollout's entry, None where it has none, or what is wrong with the annotation."""
    found = entries(live)
    if found is None or rollout not in found:
        return NO_OBJECT if found is None else None
    try:
        return of.model_validate(found[rollout])
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "all of it"
        return f"has a damaged entry for {rollout} ({where})"


def annotations(live: Object, rollout: str, entry: Model | None) -> dict[str, str]:
    """All annotations with this entry in ours, or without it; what we don't know in an entry is kept."""
    known = dict(entries(live) or {})
    old = known.pop(rollout, {})
    if entry is not None:
        known[rollout] = _unknown(old, type(entry)) | _dumped(entry)
    rest = {key: value for key, value in (live["metadata"].get("annotations") or {}).items() if key != ANNOTATION}
    return rest | {ANNOTATION: json.dumps(known, separators=(",", ":"))} if known else rest


def with_annotations(live: Object, annotations: Mapping[str, str]) -> Object:
    """No annotations is no field: the API server keeps no empty one either."""
    rest = {key: value for key, value in live["metadata"].items() if key != "annotations"}
    return {**live, "metadata": {**rest, "annotations": dict(annotations)} if annotations else rest}


def _unknown(old: Any, of: type[Model]) -> dict[str, Any]:
    """What another version wrote into the entry; a field of ours that is not written now has its default."""
    ours = {field.alias for field in of.model_fields.values()}
    return {key: value for key, value in old.items() if key not in ours} if isinstance(old, dict) else {}


def _dumped(entry: Model) -> dict[str, Any]:
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
