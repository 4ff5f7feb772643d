"""Which rules are to be inserted: what each tests, and what becomes of the requests that pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.cookies import Cookies
from canary_operator.core.copies import Copies
from canary_operator.providers.traffic.cookies import header_of, header_of_all, kept_users
from canary_operator.providers.traffic.gateway_api.matching import Match, match_of, match_of_bucket, match_of_cookies
from canary_operator.providers.traffic.gateway_api.mirrors import SAFE
from canary_operator.providers.traffic.gateway_api.routes import Split
from canary_operator.providers.traffic.managed import (
    NOTHING,
    WHOLE,
    Managed,
    bucket_name,
    cookie_rule_name,
    match_name,
    mirror_name,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule to insert."""

    name: str
    field: str
    """Of the spec."""
    tests: Match
    share: Fraction = WHOLE
    """The new revision's part of what is ours."""
    draws: bool = False
    """Whoever comes by it gets a cookie."""
    over: Match | None = None
    """Tests of rules of ours behind it, which must not take its requests by saying more."""
    copies: Copies | None = None
    """Of these the new revision gets a copy."""


def wanted_rules(managed: Managed, split: Split, share: Fraction) -> Iterator[Wanted]:
    """In their order; `share` is the new revision's."""
    cookies, rollout = managed.cookies, split.rollout
    over = None if cookies is None else match_of_cookies(header_of_all(cookies, rollout))
    for number, match in enumerate(managed.matches, start=1):
        field = f"traffic.canaryMatches[{number - 1}]"
        yield Wanted(match_name(rollout, number, split.place), field, match_of(match), over=over)
    if managed.bucket is not None:
        yield Wanted(bucket_name(rollout, split.place), "traffic.canaryBucket", match_of_bucket(managed.bucket, share))
    if cookies is not None:
        yield from _for_cookies(cookies, split, share)
    if managed.copies is not None:
        yield from _for_copies(managed.copies, split)


def _for_cookies(cookies: Cookies, split: Split, share: Fraction) -> Iterator[Wanted]:
    for users in kept_users(cookies, share):
        tests = match_of_cookies(header_of(cookies, split.rollout, users.drawn))
        name = cookie_rule_name(split.rollout, users.drawn, split.place)
        yield Wanted(name, "traffic.stickiness", tests, users.share, users.draws)


def _for_copies(copies: Copies, split: Split) -> Iterator[Wanted]:
    """One for each method, because a rule that puts another prefix in place of its own may have one match only."""
    if copies.unsafe:
        yield Wanted(mirror_name(split.rollout, split.place), "stages[].mirror", {}, NOTHING, copies=copies)
        return
    for method in SAFE:
        name = mirror_name(split.rollout, split.place, method=method)
        yield Wanted(name, "stages[].mirror", {"method": method}, NOTHING, copies=copies)
