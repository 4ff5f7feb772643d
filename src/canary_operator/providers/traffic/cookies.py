"""What the cookies say by which users keep their version, and who is drawn by which: alike in routes of every kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

from canary_operator.core.cookies import Cookies, once_more
from canary_operator.providers.traffic.expressions import in_cookie

SET_COOKIE = "set-cookie"
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Kept:
    """Users whose cookies say the same."""

    drawn: str
    """`canary`, or the number of the stage in which they got the old revision."""
    share: Fraction
    """Of these the new revision gets."""
    draws: bool = False
    """They are drawn once more, so each gets a cookie."""


def kept_users(cookies: Cookies, share: Fraction) -> Iterator[Kept]:
    """Who has the new revision, who was drawn in an earlier stage, and who in this one."""
    yield Kept(CANARY, Fraction(1))
    for one in cookies.earlier:
        yield Kept(str(one.stage), once_more(share, one.weight), draws=True)
    yield Kept(str(cookies.stage), Fraction(0))


def header_of(cookies: Cookies, rollout: str, drawn: str) -> str:
    """The Cookie header of these users, as an expression."""
    return in_cookie(_name_of(cookies, rollout), re.escape(_value_of(cookies, rollout, drawn)))


def header_of_all(cookies: Cookies, rollout: str) -> str:
    """The Cookie header of whoever was drawn by this rollout."""
    return in_cookie(_name_of(cookies, rollout), rf"{_mark(rollout)}\.[^;]*")


def text_of(cookies: Cookies, rollout: str, drawn: str) -> str:
    """What a version sets."""
    age = f"Max-Age={cookies.ttl.total_seconds():.0f}"
    secure = "; Secure" if cookies.secure else ""
    value = _value_of(cookies, rollout, drawn)
    return f"{_name_of(cookies, rollout)}={value}; {age}; Path=/; HttpOnly; SameSite=Lax{secure}"


def is_ours(text: str, cookies: Cookies, rollout: str) -> bool:
    return text.startswith(f"{_name_of(cookies, rollout)}={_mark(rollout)}.")


def _name_of(cookies: Cookies, rollout: str) -> str:
    """A namespace has no dot in its name, so no two rollouts have the same."""
    return cookies.name or f"canary-operator.{rollout.replace('/', '.')}"


def _value_of(cookies: Cookies, rollout: str, drawn: str) -> str:
    return f"{_mark(rollout)}.{cookies.run}.{drawn}"


def _mark(rollout: str) -> str:
    """Another rollout with the same name of a cookie does not take its users for ours."""
    return sha256(rollout.encode()).hexdigest()[:6]
