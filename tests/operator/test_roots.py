"""Which VirtualServices delegate to which, whatever order the news comes in."""

from typing import Any

from canary_operator.operator.roots import Roots
from tests.operator.bodies import a_virtual_service

LEAF, OTHER = ("shop", "leaf"), ("eu", "leaf")


def a_root(*delegates: dict[str, str], name: str = "edge") -> dict[str, Any]:
    return a_virtual_service(name, spec={"http": [{"delegate": each} for each in delegates]})


def test_a_root_is_known_by_its_delegates() -> None:
    """Two rules to the same delegate are one root, and whoever is concerned by a change is told."""
    roots = Roots()
    assert roots.learn(a_root({"name": "leaf"}, {"name": "leaf"}, {"name": "leaf", "namespace": "eu"})) == {LEAF, OTHER}
    assert (roots.of(LEAF), roots.of(OTHER)) == ((("shop", "edge"),), (("shop", "edge"),))
    assert roots.learn(a_root({"name": "leaf"})) == {OTHER}
    assert roots.of(OTHER) == ()
    assert roots.learn(a_root({"name": "leaf"})) == set()


def test_a_root_that_is_gone_delegates_nothing() -> None:
    """By its deletion, or because a list does not have it any more."""
    roots = Roots()
    for name in ("edge", "mesh"):
        roots.learn(a_root({"name": "leaf"}, name=name))
    assert roots.forget(("shop", "edge")) == {LEAF}
    assert roots.of(LEAF) == (("shop", "mesh"),)
    assert roots.keep({("shop", "edge")}) == {LEAF}
    assert roots.of(LEAF) == ()
    assert roots.forget(("shop", "mesh")) == set()
