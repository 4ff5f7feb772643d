"""Which rule of an HTTPRoute a request obeys, by the words of the Gateway API's specification."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canary_operator.providers.objects import Object


@dataclass(frozen=True)
class Request:
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


def obeyed(live: Object, request: Request) -> str | None:
    """The name of the rule; None where none matches."""
    found = [
        (precedence(match), -place, rule.get("name", ""))
        for place, rule in enumerate(live["spec"]["rules"])
        for match in rule.get("matches") or [{}]
        if passes(match, request)
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


def passes(match: Mapping[str, Any], request: Request) -> bool:
    path = match.get("path") or {"type": "PathPrefix", "value": "/"}
    if path["type"] == "Exact" and request.path != path["value"]:
        return False
    if path["type"] == "PathPrefix" and not f"{request.path}/".startswith(f"{path['value'].rstrip('/')}/"):
        return False
    if match.get("method", request.method) != request.method:
        return False
    said = ((match.get("headers") or (), request.headers), (match.get("queryParams") or (), request.params))
    return all(fits(test, values.get(test["name"])) for tests, values in said for test in tests)


def fits(test: Mapping[str, str], value: str | None) -> bool:
    if value is None or test.get("type", "Exact") == "Exact":
        return value == test["value"]
    return re.fullmatch(test["value"], value) is not None


def precedence(match: Mapping[str, Any]) -> tuple[bool, int, bool, int, int]:
    path = match.get("path") or {"type": "PathPrefix", "value": "/"}
    counts = [len(match.get(each) or ()) for each in ("headers", "queryParams")]
    return path["type"] == "Exact", len(path["value"]), "method" in match, counts[0], counts[1]
