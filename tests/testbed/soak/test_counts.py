from collections import defaultdict
from typing import Any

from testbed.soak.observer.counts import add, nothing


def added(*statistics: tuple[str, object]) -> dict[str, dict[str, int]]:
    found: dict[str, Any] = defaultdict(nothing)
    for name, value in statistics:
        add(found, {"name": name, "value": value})
    return found


def of(service: str, what: str) -> str:
    return f"cluster.outbound|80||{service}.soak-1.svc.cluster.local;.upstream_rq_{what}"


def test_what_the_gateway_answered_itself() -> None:
    """The application never says 503, so that nobody did; its own 500 is not looked at."""
    found = added(
        (of("checkout", "503"), 2),
        (of("checkout", "504"), 1),
        (of("checkout", "total"), 90),
        (of("checkout", "500"), 9),
    )
    assert found == {"soak-1": {"canary_requests": 0, "stable_requests": 90, "stable_refused": 3}}


def test_what_the_canary_got() -> None:
    """All its requests, well or ill."""
    found = added((of("checkout-canary", "total"), 5), (of("checkout-canary", "503"), 4), ("server.uptime", 1))
    assert found == {"soak-1": {"canary_requests": 5, "stable_requests": 0, "stable_refused": 0}}
