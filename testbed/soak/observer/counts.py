"""What the gateway has counted, by Service: all requests, and those that it answered itself."""

import re
from collections import defaultdict

import aiohttp

from testbed.shop import CANARY, NAME

_STATISTIC = re.compile(
    r"^cluster\.outbound\|\d+\|[^|]*\|(?P<service>[^.;]+)\.(?P<namespace>[^.;]+)\.svc\.cluster\.local;"
    r"\.upstream_rq_(?P<what>total|502|503|504)$"
)
_FILTER = r"\.svc\.cluster\.local;\.upstream_rq_(total|502|503|504)$"


def nothing() -> dict[str, int]:
    return {"canary_requests": 0, "stable_requests": 0, "stable_refused": 0}


async def counts(session: aiohttp.ClientSession, admin: str) -> dict[str, dict[str, int]]:
    """By namespace. Raises aiohttp.ClientError or TimeoutError where the gateway does not answer."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with session.get(f"{admin}/stats", params={"format": "json", "filter": _FILTER}, timeout=timeout) as answer:
        answer.raise_for_status()
        page = await answer.json(content_type=None)
    found: dict[str, dict[str, int]] = defaultdict(nothing)
    for statistic in page["stats"]:
        add(found, statistic)
    return found


def add(found: dict[str, dict[str, int]], statistic: dict[str, object]) -> None:
    """The application itself answers 200 or 500, so any other failure is the gateway's own word."""
    name = _STATISTIC.match(str(statistic.get("name", "")))
    value = statistic.get("value", 0)
    if name is None or not isinstance(value, int):
        return
    match name["service"], name["what"]:
        case service, "total" if service == CANARY:
            found[name["namespace"]]["canary_requests"] += value
        case service, "total" if service == NAME:
            found[name["namespace"]]["stable_requests"] += value
        case service, _ if service == NAME:
            found[name["namespace"]]["stable_refused"] += value
