"""Which rules are meant, where the spec and the record say so."""

from collections.abc import Sequence
from typing import NamedTuple

from canary_operator.core.world import Problem
from canary_operator.providers.traffic.meant import Chosen, choose_all, unfound


class Wish(NamedTuple):
    name: str


NOWHERE, TWICE = Problem("Nowhere", "nowhere"), Problem("Twice", "twice")
PLACES = {"primary": 3, "admin": 1, "front": 3}


def choose(asked: Wish, recorded: Wish | None, others: Sequence[Wish]) -> int | Problem:
    """What is recorded wins; what the others are is not meant."""
    name = (recorded or asked).name
    return NOWHERE if Wish(name) in others else PLACES.get(name, NOWHERE)


def chosen(wanted: dict[int, str], kept: dict[int, str]) -> list[Chosen[Wish, int, str]]:
    wishes = {place: Wish(name) for place, name in wanted.items()}
    return list(choose_all(wishes, kept, Wish, choose, lambda _, __: TWICE))


def test_the_record_wins_over_the_spec() -> None:
    """And it alone still knows of rules that nobody asks for any more."""
    assert chosen({0: "admin"}, {0: "primary", 1: "admin"}) == [
        Chosen(Wish("primary"), 3, "primary"),
        Chosen(Wish("admin"), 1, "admin"),
    ]


def test_without_a_record_the_spec_says_it() -> None:
    """In its order; what is not there keeps its place among them."""
    assert chosen({0: "admin", 1: "web"}, {}) == [
        Chosen(Wish("admin"), 1, None),
        Chosen(Wish("web"), NOWHERE, None),
    ]


def test_no_spot_is_meant_twice() -> None:
    """Its owner would get it back once only. Two that are nowhere are not the same."""
    assert [one.spot for one in chosen({0: "primary", 1: "front", 2: "a", 3: "b"}, {})] == [3, TWICE, NOWHERE, NOWHERE]


def test_what_is_nowhere_is_a_problem_where_it_gives_traffic() -> None:
    """A rule that its owner took away needs nothing back."""
    found = chosen({0: "a", 1: "b", 2: "primary"}, {})
    assert unfound(found, lambda split: split.name == "b") == [NOWHERE]
    assert unfound(found, lambda _: False) == []
