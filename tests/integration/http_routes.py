"""Rollouts of HTTPRoutes, and what chance makes of a share."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import sqrt
from typing import Any

from canary_operator.errors import Conflict
from testbed.shop import NAME, Manifest, rollout

LONG = (("25%", "10m"), ("50%", "10m"), ("100%", "10m"))
LONGEST = 60
COUNTED = 10
"""At 150 a second this many seconds give more than a thousand requests."""


def by_http_route(stages: Any = LONG, rule: str | None = "primary", name: str = NAME) -> Manifest:
    manifest = rollout(stages)
    reference = {"name": name} | ({"rules": [rule]} if rule else {})
    manifest["spec"]["traffic"] = {"gatewayAPI": {"httpRoutes": [reference]}, "stableService": NAME}
    return manifest


def shares(total: int, share: float) -> tuple[float, float]:
    """What is expected of so many requests, and the standard deviation."""
    return share * total, sqrt(total * share * (1 - share))


async def insist(write: Callable[[], Awaitable[None]]) -> None:
    """Istiod writes the status whenever it likes; after a conflict the store has what is there now."""
    for _ in range(10):
        with suppress(Conflict):
            return await write()
    raise AssertionError("ten conflicts in a row")
