"""Tests of requests as Istio writes them, and tests added to those that a rule has already."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from canary_operator.api.matches import CanaryBucket, CanaryMatch, HeaderTest, ParamTest, PathTest
from canary_operator.providers.traffic.expressions import cookie_value, expression, in_cookie
from canary_operator.providers.traffic.problems import Clash

Block = Mapping[str, Any]
"""An HTTPMatchRequest: all of it must hold."""

SAFE = ("GET", "HEAD")
"""Methods of requests that change nothing, so that a copy does no harm."""
_SAFE = {"regex": "|".join(SAFE)}
_COOKIE = "cookie"
_BY_NAME = ("headers", "queryParams", "sourceLabels")
_LABEL = {"uri": "the path", "method": "the method"}


def block_of(match: CanaryMatch) -> Block:
    headers = {one.name: _text(one) for one in match.headers or ()}
    if match.cookie is not None:
        headers[_COOKIE] = {"regex": in_cookie(match.cookie.name, cookie_value(match.cookie))}
    parts: dict[str, Any] = {
        "uri": None if match.path is None else _text(match.path),
        "method": None if match.method is None else {"exact": match.method},
        "headers": headers,
        "queryParams": {one.name: _text(one) for one in match.query_params or ()},
        "sourceLabels": match.source_labels,
    }
    return {name: part for name, part in parts.items() if part}


def block_of_bucket(bucket: CanaryBucket, share: Fraction) -> Block:
    value = expression(bucket, share)
    if bucket.header is not None:
        return {"headers": {bucket.header: {"regex": value}}}
    return {"headers": {_COOKIE: {"regex": in_cookie(bucket.cookie or "", value)}}}


def block_of_cookies(header: str) -> Block:
    """By an expression of all cookies."""
    return {"headers": {_COOKIE: {"regex": header}}}


def both(alternatives: Sequence[Block], tests: Block) -> list[Block] | Clash:
    """Each of a rule's alternatives with these tests too; a rule without any takes everything."""
    found = [clash for block in alternatives for clash in _clashes(block, tests)]
    return found[0] if found else [_joined(block, tests) for block in alternatives or ({},)]


def safe(alternatives: Sequence[Block]) -> list[Block]:
    """What of a rule's requests changes nothing; of a method that is tested otherwise than by exact nobody can tell."""
    found = ({**block, "method": block.get("method") or _SAFE} for block in alternatives or ({},))
    return [block for block in found if block["method"] == _SAFE or block["method"].get("exact") in SAFE]


def _clashes(block: Block, tests: Block) -> Iterator[Clash]:
    for field, test in tests.items():
        present = block.get(field)
        if field in _BY_NAME:
            yield from (Clash(f"{_one(field)} {name}") for name in test if _differs(field, present or {}, name, test))
        elif present and present != test:
            yield Clash(_LABEL[field])


def _differs(field: str, present: Mapping[str, Any], name: str, tests: Mapping[str, Any]) -> bool:
    """The same test twice is one test. Envoy does not tell the case of a header's name."""
    known = {key.lower(): value for key, value in present.items()} if field == "headers" else present
    return name in known and known[name] != tests[name]


def _joined(block: Block, tests: Block) -> Block:
    named = {field: {**(block.get(field) or {}), **tests[field]} for field in _BY_NAME if field in tests}
    return {**block, **tests, **named}


def _one(field: str) -> str:
    return {"headers": "the header", "queryParams": "the query parameter", "sourceLabels": "the source label"}[field]


def _text(test: HeaderTest | ParamTest | PathTest) -> dict[str, str]:
    """A StringMatch; Istio takes an empty one for any value."""
    given = {"exact": test.exact, "prefix": test.prefix, "regex": test.regex}
    return {kind: text for kind, text in given.items() if text is not None}
