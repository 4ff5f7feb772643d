"""Operations of a JSON Patch (RFC 6902)."""

from collections.abc import Mapping
from typing import Any

Operation = dict[str, Any]


def pointer(*keys: str | int) -> str:
    """`("metadata", "labels", "a/b")` → `/metadata/labels/a~1b`."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def test(value: Any, *keys: str | int) -> Operation:
    return {"op": "test", "path": pointer(*keys), "value": value}


def add(value: Any, *keys: str | int) -> Operation:
    """Also replaces what is there, in a dictionary."""
    return {"op": "add", "path": pointer(*keys), "value": value}


def remove(*keys: str | int) -> Operation:
    return {"op": "remove", "path": pointer(*keys)}


def same_object(body: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The patch applies to exactly this object, in exactly this version."""
    metadata = body["metadata"]
    return (
        test(metadata["uid"], "metadata", "uid"),
        test(metadata["resourceVersion"], "metadata", "resourceVersion"),
    )


def put_metadata(body: Mapping[str, Any], field: str, key: str, value: str) -> tuple[Operation, ...]:
    """Set one label or annotation (`field` says which), also on an object that has none yet."""
    if body["metadata"].get(field):
        return (add(value, "metadata", field, key),)
    return (add({key: value}, "metadata", field),)


def drop_metadata(body: Mapping[str, Any], field: str, key: str) -> tuple[Operation, ...]:
    """Take one label or annotation off; nothing where there is none."""
    present = key in (body["metadata"].get(field) or {})
    return (remove("metadata", field, key),) if present else ()
