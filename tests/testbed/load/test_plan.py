from typing import Any

import pytest

from testbed.load.plan import Plan


def plan(gateway: str = "http://127.0.0.1:8080", **settings: Any) -> Plan:
    return Plan(gateway, "checkout.example", **settings)


@pytest.mark.parametrize(
    ("gateway", "address"),
    [
        ("http://127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("http://127.9.9.9", ("127.9.9.9", 80)),
        ("http://localhost:81", ("127.0.0.1", 81)),
        ("http://[::1]:82", ("::1", 82)),
    ],
)
def test_this_machine_is_a_fine_target(gateway: str, address: tuple[str, int]) -> None:
    """Any loopback address will do."""
    assert plan(gateway).address == address


@pytest.mark.parametrize(
    "gateway",
    [
        "http://10.210.0.2:80",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "https://127.0.0.1",
        "127.0.0.1:80",
        "",
    ],
)
def test_other_targets_are_refused(gateway: str) -> None:
    """Nobody can be flooded with it by mistake, and names are never looked up."""
    with pytest.raises(ValueError, match="loopback"):
        plan(gateway)


@pytest.mark.parametrize(
    "settings",
    [{"rate": 0}, {"rate": 2001}, {"seconds": -1}, {"seconds": 1e9}, {"connections": 0}, {"connections": 513}],
)
def test_a_plan_is_bounded(settings: dict[str, Any]) -> None:
    """Rate, time and connections each have an end, and the message names it."""
    with pytest.raises(ValueError, match=next(iter(settings))):
        plan(**settings)


@pytest.mark.parametrize("settings", [{"path": "/\r\nx: y"}, {"headers": {"a": "b\nc: d"}}])
def test_a_line_end_smuggles_nothing_in(settings: dict[str, Any]) -> None:
    """What would become a second header is refused."""
    with pytest.raises(ValueError, match="line end"):
        plan(**settings)


def test_requests_are_due_at_even_distances() -> None:
    """At 4 per second the n-th is due n/4 seconds after the start."""
    four = plan(rate=4, seconds=2.5)
    assert [four.due(number) for number in range(4)] == [0, 0.25, 0.5, 0.75]
    assert four.requests == 10
