"""Which other rollout has an entry in a route's annotation that is about the same rule."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import entries


def holder(live: Object, rollout: str, is_about: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """`is_about` gets the raw part of an entry for each of its rules, which may be of any version."""
    for name, entry in (entries(live) or {}).items():
        if name != rollout and any(is_about(part) for part in _parts(entry)):
            return name
    return None


def _parts(entry: Any) -> Iterator[Mapping[str, Any]]:
    """The first rule stands in the entry itself."""
    if isinstance(entry, dict):
        more = entry.get("more")
        yield from (part for part in (entry, *(more if isinstance(more, list) else ())) if isinstance(part, dict))
