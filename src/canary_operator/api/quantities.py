"""Percentages and durations as people write them: never a float in the API."""

import re
from datetime import timedelta
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_PERCENTAGE = r"^[0-9]{1,4}(\.[0-9]{1,4})?%$"
_SHARE = r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)%$"
_DURATION = r"^(0s|([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?)$"
_DURATION_PARTS = re.compile(r"^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$")


def parse_percentage(value: object) -> Fraction:
    """`"0.5%"` → 1/200. A Fraction passes unchanged."""
    if isinstance(value, Fraction):
        return value
    if not isinstance(value, str) or not re.fullmatch(_PERCENTAGE, value):
        raise ValueError(f'{value!r} is not a percentage; write for example "5%" or "0.5%"')
    return Fraction(value[:-1]) / 100


def format_percentage(share: Fraction) -> str:
    """1/200 → `"0.5%"`; at most four decimals, as the API accepts them."""
    text = f"{float(share * 100):.4f}".rstrip("0").rstrip(".")
    return f"{text}%"


def parse_duration(value: object) -> timedelta:
    """`"1h30m"` → 90 minutes. A timedelta passes unchanged."""
    if isinstance(value, timedelta):
        return value
    parts = _DURATION_PARTS.fullmatch(value) if isinstance(value, str) and value else None
    if parts is None:
        raise ValueError(f'{value!r} is not a duration; write for example "90s", "30m" or "1h30m"')
    hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def format_duration(span: timedelta) -> str:
    """90 minutes → `"1h30m"`; fractions of a second are kept only when there are any."""
    seconds = span.total_seconds()
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{int(hours)}h" * (hours > 0), f"{int(minutes)}m" * (minutes > 0), f"{rest:g}s" * (rest > 0)]
    return "".join(parts) or "0s"


Percentage = Annotated[
    Fraction,
    BeforeValidator(parse_percentage),
    PlainSerializer(format_percentage, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PERCENTAGE, "maxLength": 10}),
]
"""Any percentage from 0 % upwards."""

Share = Annotated[
    Fraction,
    BeforeValidator(parse_percentage),
    PlainSerializer(format_percentage, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _SHARE, "maxLength": 9}),
]
"""A percentage between 0 % and 100 %."""

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _DURATION, "minLength": 2, "maxLength": 16}),
]
