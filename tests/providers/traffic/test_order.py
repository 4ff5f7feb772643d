"""What an entry begins with, and what of it is kept."""

from typing import NamedTuple

from canary_operator.providers.traffic.order import with_rest


class Kept(NamedTuple):
    place: int
    name: str


def test_a_rule_that_was_not_reached_is_not_forgotten() -> None:
    """In the order in which they are asked for; what is said anew wins."""
    known = (Kept(0, "primary"), Kept(1, "admin"))
    assert with_rest(known, [Kept(2, "web"), Kept(0, "front")]) == (Kept(0, "front"), Kept(1, "admin"), Kept(2, "web"))
