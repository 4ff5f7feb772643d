"""Percentages and durations as people write them: never a float in the API."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from canary_operator.api.cel import lowered, matches

PERCENTAGE = r"^[0-9]{1,4}(\.[0-9]{1,4})?%$"
SHARE = r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)%$"
DURATION = r"^([0-9]{1,4}h([0-9]{1,5}m)?([0-9]{1,6}s)?|[0-9]{1,5}m([0-9]{1,6}s)?|[0-9]{1,6}s)$"

LATENCY = r"^([1-9][0-9]{0,5}ms|[1-9][0-9]{0,2}(\.[0-9]{1,3})?s|0\.[0-9]{0,2}[1-9]s)$"

MEMORY = r"^[1-9][0-9]{0,6}(Ki|Mi|Gi)$"
_MEBIBYTES = {"Ki": Fraction(1, 1024), "Mi": Fraction(1), "Gi": Fraction(1024)}

_PERCENTAGE_SAYS = 'must be a percentage below 10000%, with at most four decimals, such as "50%" or "2.5%"'
_SHARE_SAYS = 'must be a percentage from 0% to 100%, with at most four decimals, such as "5%" or "0.5%"'
_DURATION_SAYS = 'must be a duration in hours, minutes and whole seconds, such as "90s", "30m" or "1h30m"'

NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$"
_LIMIT_SAYS = (
    'must be a percentage such as "1%" for a rate, a time such as "500ms" or "1.5s" for a latency, '
    'a size such as "500Mi" for memory, or a number such as "0.8"'
)

_DURATION_PARTS = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]{1,6})?)s)?")
_LONGEST = 16
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """An amount of memory, as it was written."""

    text: str

    @property
    def mebibytes(self) -> float:
        return float(int(self.text[:-2]) * _MEBIBYTES[self.text[-2:]])


AnyLimit = Fraction | timedelta | Decimal | Memory


def parse_percentage(value: object) -> Fraction:
    """`"0.5%"` → 1/200. A Fraction passes unchanged."""
    if isinstance(value, Fraction):
        return value
    if not isinstance(value, str) or not re.fullmatch(PERCENTAGE, value):
        raise ValueError(_PERCENTAGE_SAYS)
    return Fraction(value[:-1]) / 100


def parse_share(value: object) -> Fraction:
    """Likewise, but at most 1."""
    if isinstance(value, Fraction) and 0 <= value <= 1:
        return value
    if not isinstance(value, str) or not re.fullmatch(SHARE, value):
        raise ValueError(_SHARE_SAYS)
    return Fraction(value[:-1]) / 100


def format_percentage(share: Fraction) -> str:
    """1/200 → `"0.5%"`; at most four decimals, as the API accepts them."""
    text = f"{float(share * 100):.4f}".rstrip("0").rstrip(".")
    return f"{text}%"


def parse_duration(value: object) -> timedelta:
    """`"1h30m"` → 90 minutes. A timedelta passes unchanged. Our own status may hold parts of a second: `"0.25s"`."""
    if isinstance(value, timedelta):
        return value
    parts = _DURATION_PARTS.fullmatch(value) if isinstance(value, str) and value else None
    if parts is None:
        raise ValueError(_DURATION_SAYS)
    hours, minutes, seconds = (Fraction(part or 0) for part in parts.groups())
    return int(((hours * 60 + minutes) * 60 + seconds) * 1_000_000) * _MICROSECOND


def format_duration(span: timedelta) -> str:
    """90 minutes → `"1h30m"`; parts of a second are kept, to the microsecond, only when there are any."""
    minutes, rest = divmod(span // _MICROSECOND, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 1_000_000}.{rest % 1_000_000:06}".rstrip("0").rstrip(".")
    parts = [f"{hours}h" * (hours > 0), f"{minutes}m" * (minutes > 0), f"{seconds}s" * (rest > 0)]
    return "".join(parts) or "0s"


def parse_limit(value: object) -> AnyLimit:
    """`"1%"` → 1/100; `"500ms"` → half a second; `"0.8"` → 0.8. What was read already passes unchanged."""
    if isinstance(value, timedelta | Decimal | Memory):
        return value
    if isinstance(value, str) and re.fullmatch(MEMORY, value):
        return Memory(value)
    if isinstance(value, str) and re.fullmatch(NUMBER, value):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(LATENCY, value):
        number = Fraction(value.removesuffix("s").removesuffix("m"))
        return round(number * (1_000 if value.endswith("ms") else 1_000_000)) * _MICROSECOND
    try:
        return parse_share(value)
    except ValueError:
        raise ValueError(_LIMIT_SAYS) from None


def format_latency(span: timedelta) -> str:
    """Half a second → `"500ms"`."""
    milliseconds = span / timedelta(milliseconds=1)
    return f"{milliseconds:.10g}ms"


def format_limit(limit: AnyLimit) -> str:
    """As it is written."""
    if isinstance(limit, Memory):
        return limit.text
    if isinstance(limit, Decimal):
        return str(limit)
    return format_latency(limit) if isinstance(limit, timedelta) else format_percentage(limit)


def _as_text(pattern: str, says: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "maxLength": _LONGEST, **lowered([matches(pattern, says)])})


_percentage_text = PlainSerializer(format_percentage, return_type=str)

Percentage = Annotated[
    Fraction, BeforeValidator(parse_percentage), _percentage_text, _as_text(PERCENTAGE, _PERCENTAGE_SAYS)
]
"""Any percentage from 0 % upwards."""

Share = Annotated[Fraction, BeforeValidator(parse_share), _percentage_text, _as_text(SHARE, _SHARE_SAYS)]
"""A percentage between 0 % and 100 %."""

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    _as_text(DURATION, _DURATION_SAYS),
]
"""A span of time, never negative."""

Limit = Annotated[
    AnyLimit,
    BeforeValidator(parse_limit),
    PlainSerializer(format_limit, return_type=str),
    _as_text(f"{SHARE}|{LATENCY}|{MEMORY}|{NUMBER}", _LIMIT_SAYS),
]
"""A percentage between 0 % and 100 %, a time from a millisecond to a quarter of an hour, a size, or a number."""
