"""Users who keep their version: exact shares in every stage, and nobody back."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.objects import Object
from tests.providers.traffic.istio import crowd
from tests.providers.traffic.istio.crowd import NEWCOMERS, Crowd, User, visited
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_stage,
    a_virtual_service,
    a_weight,
    at,
    drawn,
    percents,
)
from tests.providers.traffic.istio.strategies import SHARES, unhurried

STABLE, CANARY = "checkout", "checkout-canary"
PLAIN = a_virtual_service(a_rule(a_destination(STABLE), name="primary", timeout="5s"))
SPLIT = a_split("primary")
plans = st.sets(SHARES.filter(lambda share: 0 < share < 1), min_size=1, max_size=6).map(sorted)


def flips(user: User) -> list[str]:
    """To what the user changed."""
    return [after for before, after in pairwise(user.seen) if before != after]


def whole_run(shares: Sequence[Fraction], *, swapped: bool = False) -> Crowd:
    """Everybody comes twice in each stage, and each stage's share is exact."""
    live: Object = PLAIN
    people, new = NEWCOMERS, STABLE if swapped else CANARY
    for number, share in enumerate(shares, start=1):
        live = at(live, a_stage(shares, number, swapped=swapped), SPLIT)
        for _ in range(2):
            people = visited(live, people)
            assert crowd.at(people, new) == share
    return people


@pytest.mark.parametrize("swapped", [False, True], ids=["canary", "reversed"])
def test_the_shares_of_a_run_are_exact_and_nobody_goes_back(swapped: bool) -> None:
    """5, 20 and 50 % of all users; who changes at all changes once, to the new version, and at a stage's beginning."""
    new = STABLE if swapped else CANARY
    people = whole_run(percents(5, 20, 50), swapped=swapped)
    assert sum(people.values()) == 1
    for user in people:
        assert flips(user) in ([], [new])
        assert all(user.seen[visit] == user.seen[visit + 1] for visit in (0, 2, 4)), "not within a stage"
    last = at(at(PLAIN, a_stage(percents(5, 20, 50), 3), SPLIT), a_weight(100, stage=4), SPLIT)
    if not swapped:
        assert crowd.at(visited(last, people), CANARY) == 1


@unhurried
@given(shares=plans, swapped=st.booleans())
def test_any_run_is_exact(shares: list[Fraction], swapped: bool) -> None:
    """Whatever its weights are, in either direction."""
    new = STABLE if swapped else CANARY
    assert all(flips(user) in ([], [new]) for user in whole_run(shares, swapped=swapped))


@unhurried
@given(shares=plans, data=st.data())
def test_it_does_not_matter_who_comes_when(shares: list[Fraction], data: st.DataObject) -> None:
    """Of those who stayed away for some stages the canary has its share at once, too."""
    comes = data.draw(st.lists(st.booleans(), min_size=len(shares), max_size=len(shares)))
    live: Object = PLAIN
    people = NEWCOMERS
    for number, share in enumerate(shares, start=1):
        live = at(live, a_stage(shares, number), SPLIT)
        if comes[number - 1]:
            people = visited(live, people)
            assert crowd.at(people, CANARY) == share


def test_a_stage_that_is_written_again_draws_nobody_again() -> None:
    """After a withdrawal, or a crash between the weight and its note."""
    order = a_stage(percents(5, 20), 2)
    live = at(at(PLAIN, a_stage(percents(5, 20), 1), SPLIT), order, SPLIT)
    people = visited(live, visited(at(PLAIN, a_stage(percents(5, 20), 1), SPLIT), NEWCOMERS))
    withdrawn = at(live, a_weight(0, stage=2), SPLIT)
    assert crowd.at(visited(withdrawn, people), CANARY) == 0
    again = at(withdrawn, order, SPLIT)
    before = {user: part for user, part in people.items() if user.seen[-1] == CANARY}
    assert at(live, order, SPLIT) == live
    after = visited(again, people)
    assert {
        user._replace(seen=user.seen[:-1]): part for user, part in after.items() if user.seen[-1] == CANARY
    } == before


def test_another_run_begins_afresh() -> None:
    """Cookies of an aborted run say nothing; nor do those of another rollout with the same name."""
    shares = percents(50)
    people = visited(at(PLAIN, a_stage(shares, 1), SPLIT), NEWCOMERS)
    people = visited(at(PLAIN, a_stage(shares, 1, run="abc-2"), SPLIT), people)
    assert {user.seen: part for user, part in people.items()} == {
        (one, other): Fraction(1, 4) for one in (STABLE, CANARY) for other in (STABLE, CANARY)
    }


def test_rollouts_with_one_name_of_a_cookie_take_nobody_for_their_own() -> None:
    """The value says whose it is."""
    other = a_split("primary", rollout="shop/basket")
    order = a_weight(50, cookies=drawn(50, name="release"))
    people = visited(at(PLAIN, order, other), NEWCOMERS)
    assert {user.cookie.partition("=")[0] for user in people if user.cookie} == {"release"}
    after = visited(at(PLAIN, order, SPLIT), people)
    assert all(part == Fraction(1, 4) for part in after.values())
