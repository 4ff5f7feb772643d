"""Who wrote the rules last, by what the API server notes about the owners of fields."""

from typing import Any

from canary_operator.providers.objects import FIELD_MANAGER, Object


def last_editor(live: Object, rules: str) -> str:
    """The newest owner of this list in the spec that is not ourselves; empty when nobody else owns it.

    The list is atomic to the API server: whoever changes an element owns all of it, and whoever owned it does no more.
    """
    owners = [one for one in live["metadata"].get("managedFields") or () if _owns(one, rules)]
    others = [one for one in owners if one.get("manager") != FIELD_MANAGER]
    newest = max(others, key=lambda one: str(one.get("time", "")), default=None)
    return "" if newest is None else str(newest.get("manager", ""))


def _owns(entry: Any, rules: str) -> bool:
    fields = entry.get("fieldsV1") or {}
    return f"f:{rules}" in (fields.get("f:spec") or {})
