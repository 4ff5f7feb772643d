"""Buckets of users and cookies as regular expressions: RE2, which fits a whole value and can't calculate.

A bucket is `id % 100 < N`. A larger N takes more ids and loses none, so nobody who had the canary goes back.
"""

import re
from fractions import Fraction

from canary_operator.api.matches import CanaryBucket, CookieTest
from canary_operator.core.chosen import endings

DECIMAL = "0123456789"
HEXADECIMAL = "0123456789abcdef"


def expression(bucket: CanaryBucket, share: Fraction) -> str:
    """What the value of the header has to fit as a whole; ids with leading zeros and without them are the same."""
    digits = _digits(bucket)
    tens, ones = divmod(endings(bucket, share)[0], len(digits))
    before = f"{_class(digits, dashes=digits is HEXADECIMAL)}*"
    parts = [f"({before}{_class(digits[:tens])})?{_class(digits)}"] if tens else []
    if ones:
        last = _class(digits[:ones])
        parts.append(f"{before}{_class(digits[tens])}{last}" if tens else f"({before}0)?{last}")
    return "|".join(parts)


def in_cookie(name: str, value: str) -> str:
    """The Cookie header with this cookie, whose value fits the expression, among any others."""
    return rf"(.*;\s*)?{re.escape(name)}=({value})(;.*)?"


def cookie_value(test: CookieTest) -> str:
    """As a regular expression; a value ends with the next semicolon."""
    if test.exact is not None:
        return re.escape(test.exact)
    if test.regex is not None:
        return test.regex
    return f"{re.escape(test.prefix or '')}[^;]*"


def _digits(bucket: CanaryBucket) -> str:
    return HEXADECIMAL if bucket.ids == "Hexadecimal" else DECIMAL


def _class(digits: str, *, dashes: bool = False) -> str:
    """`[0-9a-cA-C]`, any of these digits; a UUID has dashes between its own."""
    if len(digits) == 1 and digits.isdecimal():
        return digits
    decimals = digits.translate(str.maketrans("", "", "abcdef"))
    letters = digits[len(decimals) :]
    ranges = [_range(decimals), _range(letters), _range(letters.upper())]
    return f"[{''.join(ranges)}{'-' if dashes else ''}]"


def _range(characters: str) -> str:
    return f"{characters[0]}-{characters[-1]}" if len(characters) > 1 else characters
