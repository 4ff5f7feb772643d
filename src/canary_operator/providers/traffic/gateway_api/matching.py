"""Tests of requests as the Gateway API writes them, and tests added to those that a rule has already.

It has no prefix and no presence of a header or a parameter, so these are regular expressions: Istio's are RE2, and fit
the whole value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from canary_operator.api.matches import CanaryBucket, CanaryMatch, HeaderTest, ParamTest, PathTest
from canary_operator.providers.traffic.expressions import cookie_value, expression, in_cookie
from canary_operator.providers.traffic.problems import Clash

Match = Mapping[str, Any]
"""An HTTPRouteMatch: all of it must hold."""

EVERY_PATH = {"type": "PathPrefix", "value": "/"}
"""What stands in a match that says nothing of the path: no test."""
_COOKIE = "cookie"
_BY_NAME = {"headers": "the header", "queryParams": "the query parameter"}


def match_of(match: CanaryMatch) -> Match:
    headers = [_value(one) for one in match.headers or ()]
    if match.cookie is not None:
        headers.append(_expression(_COOKIE, in_cookie(match.cookie.name, cookie_value(match.cookie))))
    parts: dict[str, Any] = {
        "path": None if match.path is None else _path(match.path),
        "method": match.method,
        "headers": headers,
        "queryParams": [_value(one) for one in match.query_params or ()],
    }
    return {name: part for name, part in parts.items() if part}


def match_of_bucket(bucket: CanaryBucket, share: Fraction) -> Match:
    value = expression(bucket, share)
    if bucket.header is not None:
        return {"headers": [_expression(bucket.header, value)]}
    return {"headers": [_expression(_COOKIE, in_cookie(bucket.cookie or "", value))]}


def match_of_cookies(header: str) -> Match:
    """By an expression of all cookies."""
    return {"headers": [_expression(_COOKIE, header)]}


def both(alternatives: Sequence[Match], tests: Match) -> list[Match] | Clash:
    """Each of a rule's alternatives with these tests too."""
    found = [clash for match in alternatives for clash in _clashes(match, tests)]
    return found[0] if found else [_joined(match, tests) for match in alternatives]


def takes(match: Match, method: str) -> bool:
    """Whether requests of this method may pass."""
    return match.get("method") in (None, method)


def path_of(match: Match) -> tuple[str, str]:
    """Type and value; a prefix means whole segments, so its last slash says nothing."""
    path = match.get("path") or {}
    kind, value = str(path.get("type") or EVERY_PATH["type"]), str(path.get("value") or EVERY_PATH["value"])
    return kind, (value.rstrip("/") or "/") if kind == "PathPrefix" else value


def named(match: Match, field: str) -> dict[str, tuple[str, str]]:
    """Tests of headers or parameters: name → type and value. The case of a header's name says nothing."""
    found: dict[str, tuple[str, str]] = {}
    for one in match.get(field) or ():
        name = str(one["name"]).lower() if field == "headers" else str(one["name"])
        found.setdefault(name, (str(one.get("type") or "Exact"), str(one["value"])))
    return found


def tests_path(match: Match) -> bool:
    return path_of(match) != path_of({})


def _clashes(match: Match, tests: Match) -> Iterator[Clash]:
    if tests_path(match) and tests_path(tests) and path_of(match) != path_of(tests):
        yield Clash("the path")
    if match.get("method") and match["method"] != tests.get("method", match["method"]):
        yield Clash("the method")
    for field, word in _BY_NAME.items():
        present = named(match, field)
        for name, test in named(tests, field).items():
            if present.get(name, test) != test:
                yield Clash(f"{word} {name}")


def _joined(match: Match, tests: Match) -> Match:
    """As the API server stores it: with the path in any case. What is tested already is not tested twice."""
    joined = {**match, "path": match.get("path") or EVERY_PATH}
    if tests_path(tests) and not tests_path(match):
        joined["path"] = tests["path"]
    if "method" in tests:
        joined["method"] = tests["method"]
    for field in _BY_NAME:
        present = named(match, field)
        if new := [one for one in tests.get(field, ()) if one["name"] not in present]:
            joined[field] = [*(match.get(field) or ()), *new]
    return joined


def _value(test: HeaderTest | ParamTest) -> dict[str, str]:
    if test.exact is not None:
        return {"name": test.name, "type": "Exact", "value": test.exact}
    if test.regex is not None:
        return _expression(test.name, test.regex)
    return _expression(test.name, f"{re.escape(test.prefix or '')}.*")


def _expression(name: str, value: str) -> dict[str, str]:
    return {"name": name, "type": "RegularExpression", "value": value}


def _path(test: PathTest) -> dict[str, str]:
    """The API refuses an expression here: it would stand behind the prefix of the rule itself."""
    if test.exact is not None:
        return {"type": "Exact", "value": test.exact}
    return {"type": "PathPrefix", "value": test.prefix or EVERY_PATH["value"]}
