"""The part of `contradictions.py` that is about canary matches, the bucket and stickiness: `match_rules.py`'s twin."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from canary_operator.api.matches import CanaryMatch, CookieTest, HeaderTest, ParamTest
from canary_operator.api.quantities import format_duration, format_percentage

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.rollout import Spec

_RESERVED = {"uri", "scheme", "method", "authority"}
_NOT_RE2 = re.compile(r"\(\?(=|!|<=|<!|P=|>|\()|(?<!\\)(?:\\\\)*\\[1-9]")
"""Looking around and back, which RE2 does not have."""
_ONLY_RE2 = re.compile(r"\\[pP](\{\^?\w+\}|\w)|\\[zCQE]|\[:\^?\w+:\]|\(\?[imsU-]+(?=[:)])")
"""What RE2 has and Python does not: classes by name, and flags."""


def of_matches(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    for check in _CHECKS:
        yield from check(spec)
    for at, match in enumerate(spec.traffic.canary_matches or ()):
        yield from (f"traffic.canaryMatches[{at}]{complaint}" for complaint in _of_one(match))


def _connections(spec: "Spec") -> Iterator[str]:
    traffic = spec.traffic
    for field, value in (
        ("canaryMatches", traffic.canary_matches),
        ("canaryBucket", traffic.canary_bucket),
        ("stickiness", traffic.stickiness),
    ):
        if value is not None and traffic.carries_connections:
            yield (
                f"traffic.{field} reads requests, and a tcp or tls route has connections only: leave it out, or split "
                "an http route"
            )


def _match_service_is_another(spec: "Spec") -> Iterator[str]:
    name, known = spec.traffic.match_service, (spec.traffic.stable_service, spec.canary_service)
    if name is not None and (spec.traffic.canary_matches is None or name in known):
        yield (
            f'traffic.matchService "{name}" must be a third Service, for the requests of canaryMatches: give '
            "canaryMatches and name another Service, or leave matchService out"
        )


def _dark_stage_without_matches(spec: "Spec") -> Iterator[str]:
    if spec.stages[0].load == 0 and spec.traffic.canary_matches is None:
        yield (
            'stages[0].weight "0%" shows nothing, because no request goes to the canary: give the stage a weight, or '
            "mirror, or give traffic.canaryMatches"
        )


def _bucket_without_a_source(spec: "Spec") -> Iterator[str]:
    bucket = spec.traffic.canary_bucket
    if bucket is not None and (bucket.header is None) == (bucket.cookie is None):
        yield "traffic.canaryBucket needs the place of the user's number: give either header or cookie"
    if bucket is not None and bucket.header in _RESERVED:
        yield _reserved(f"traffic.canaryBucket.header {bucket.header}")


def _bucket_not_whole(spec: "Spec") -> Iterator[str]:
    bucket = spec.traffic.canary_bucket
    if bucket is None or bucket.ids != "Decimal":
        return
    for at, stage in enumerate(spec.stages):
        if (stage.weight * 100).denominator != 1:
            yield (
                f'stages[{at}].weight "{format_percentage(stage.weight)}" is no whole percentage, and canaryBucket '
                "splits by hundredths: round it, or use ids: Hexadecimal"
            )


def _two_ways_to_stay(spec: "Spec") -> Iterator[str]:
    if spec.traffic.canary_bucket is not None and spec.traffic.stickiness is not None:
        yield (
            "traffic.canaryBucket and stickiness are both given, and each keeps users with their version: leave one of "
            "them out"
        )


def _cookie_of_another(spec: "Spec") -> Iterator[str]:
    """What only a cookie of our own can be."""
    if spec.traffic.stickiness is None:
        return
    cookie = spec.traffic.stickiness.cookie
    tested = {one.cookie.name for one in spec.traffic.canary_matches or () if one.cookie is not None}
    if cookie.name in tested:
        yield (
            f'traffic.stickiness.cookie.name "{cookie.name}" is tested by canaryMatches, and everybody gets it: give '
            "another name, or leave it out"
        )
    if cookie.name is not None and cookie.name.startswith(("__Secure-", "__Host-")) and not cookie.secure:
        yield (
            f'traffic.stickiness.cookie.name "{cookie.name}" is refused by browsers where it is not secure: give '
            "another name, or leave secure: false out"
        )
    if cookie.ttl is not None and cookie.ttl < spec.max_duration:
        yield (
            f'traffic.stickiness.cookie.ttl "{format_duration(cookie.ttl)}" ends before a run may, after maxDuration '
            f'"{format_duration(spec.max_duration)}": raise ttl, or leave it out'
        )


def _of_one(match: CanaryMatch) -> Iterator[str]:
    """Without the item's place."""
    if not match.model_dump(exclude_none=True):
        yield " has no test, so it would send everything to the canary: give at least one, or leave the item out"
    headers, params = match.headers or (), match.query_params or ()
    yield from _twice(".headers", headers)
    yield from _twice(".queryParams", params)
    if match.cookie is not None and any(one.name == "cookie" for one in headers):
        yield f'.cookie "{match.cookie.name}" and the header "cookie" are the same header: give one, or two items'
    for at, one in enumerate(headers):
        yield from _of_test(f".headers[{at}]", one)
        if one.name in _RESERVED:
            yield _reserved(f'.headers[{at}].name "{one.name}"')
    for at, param in enumerate(params):
        yield from _of_test(f".queryParams[{at}]", param)
    if match.cookie is not None:
        yield from _of_test(".cookie", match.cookie)
    if match.path is not None:
        if sum(each is not None for each in (match.path.exact, match.path.prefix, match.path.regex)) != 1:
            yield ".path needs one test: give one of exact, prefix and regex"
        yield from _of_regex(".path", match.path.regex)


def _of_test(place: str, test: HeaderTest | CookieTest | ParamTest) -> Iterator[str]:
    given = (test.exact, test.prefix, test.regex, test.present)
    if sum(each is not None for each in given) != 1 or test.present is False:
        yield f'{place} "{test.name}" needs one test: give one of exact, prefix, regex and present: true'
    yield from _of_regex(place, test.regex)


def _of_regex(place: str, regex: str | None) -> Iterator[str]:
    """What RE2 does not take, as far as that can be told here; Istio says the rest."""
    if regex is None:
        return
    cure = "write it as RE2 understands it"
    if found := _NOT_RE2.search(regex):
        yield f'{place}.regex "{regex}" has "{found.group()}", which RE2 does not have: {cure}'
        return
    try:
        re.compile(_ONLY_RE2.sub(lambda found: "(?:" if found.group().startswith("(") else "x", regex))
    except re.error as error:
        yield f'{place}.regex "{regex}" is no regular expression ({error}): {cure}'


def _twice(place: str, tests: Sequence[HeaderTest | ParamTest]) -> Iterator[str]:
    for name, count in Counter(one.name for one in tests).items():
        if count > 1:
            yield f'{place} tests "{name}" more than once: give one test for each name, or two items'


def _reserved(place: str) -> str:
    return f"{place} is no header to Istio, which ignores a test of that name: use path or method, or another header"


_CHECKS: tuple[Callable[["Spec"], Iterator[str]], ...] = (
    _connections,
    _match_service_is_another,
    _dark_stage_without_matches,
    _bucket_without_a_source,
    _bucket_not_whole,
    _two_ways_to_stay,
    _cookie_of_another,
)
