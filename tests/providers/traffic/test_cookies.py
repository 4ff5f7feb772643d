"""Users who keep their version: exact shares in every stage, and nobody back, behind a route of either kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.actions import SetWeight
from canary_operator.providers.objects import Object
from tests.providers.traffic import crowd
from tests.providers.traffic.crowd import NEWCOMERS, Crowd, User
from tests.providers.traffic.gateway_api import crowd as of_http_routes
from tests.providers.traffic.gateway_api import shapes as http_routes
from tests.providers.traffic.istio import crowd as of_virtual_services
from tests.providers.traffic.istio import shapes as virtual_services
from tests.providers.traffic.istio.shapes import ROLLOUT, a_stage, a_weight, drawn, percents
from tests.providers.traffic.istio.strategies import SHARES, unhurried

STABLE, CANARY = "checkout", "checkout-canary"


@dataclass(frozen=True)
class Kind:
    """Of routes."""

    plain: Object
    """One as its owner wrote it."""
    write: Callable[[Object, SetWeight, str], Object]
    visited: Callable[[Object, Crowd], Crowd]

    def at(self, live: Object, order: SetWeight, rollout: str = ROLLOUT) -> Object:
        return self.write(live, order, rollout)


def _in_virtual_service(live: Object, order: SetWeight, rollout: str) -> Object:
    return virtual_services.at(live, order, virtual_services.a_split("primary", rollout=rollout))


def _in_http_route(live: Object, order: SetWeight, rollout: str) -> Object:
    return http_routes.at(live, order, http_routes.a_split("primary", rollout=rollout))


VIRTUAL_SERVICE = Kind(
    virtual_services.a_virtual_service(
        virtual_services.a_rule(virtual_services.a_destination(STABLE), name="primary", timeout="5s")
    ),
    _in_virtual_service,
    of_virtual_services.visited,
)
HTTP_ROUTE = Kind(
    http_routes.a_route(http_routes.a_rule(http_routes.a_backend(STABLE, 1), name="primary")),
    _in_http_route,
    of_http_routes.visited,
)
each_kind = pytest.mark.parametrize("kind", [VIRTUAL_SERVICE, HTTP_ROUTE], ids=["VirtualService", "HTTPRoute"])
plans = st.sets(SHARES.filter(lambda share: 0 < share < 1), min_size=1, max_size=6).map(sorted)


def flips(user: User) -> list[str]:
    """To what the user changed."""
    return [after for before, after in pairwise(user.seen) if before != after]


def whole_run(kind: Kind, shares: Sequence[Fraction], *, swapped: bool = False) -> Crowd:
    """Everybody comes twice in each stage, and each stage's share is exact."""
    live = kind.plain
    people, new = NEWCOMERS, STABLE if swapped else CANARY
    for number, share in enumerate(shares, start=1):
        live = kind.at(live, a_stage(shares, number, swapped=swapped))
        for _ in range(2):
            people = kind.visited(live, people)
            assert crowd.at(people, new) == share
    return people


@each_kind
@pytest.mark.parametrize("swapped", [False, True], ids=["canary", "reversed"])
def test_the_shares_of_a_run_are_exact_and_nobody_goes_back(kind: Kind, swapped: bool) -> None:
    """5, 20 and 50 % of all users; who changes at all changes once, to the new version, and at a stage's beginning."""
    new = STABLE if swapped else CANARY
    people = whole_run(kind, percents(5, 20, 50), swapped=swapped)
    assert sum(people.values()) == 1
    for user in people:
        assert flips(user) in ([], [new])
        assert all(user.seen[visit] == user.seen[visit + 1] for visit in (0, 2, 4)), "not within a stage"
    last = kind.at(kind.at(kind.plain, a_stage(percents(5, 20, 50), 3)), a_weight(100, stage=4))
    if not swapped:
        assert crowd.at(kind.visited(last, people), CANARY) == 1


@each_kind
@unhurried
@given(shares=plans, swapped=st.booleans())
def test_any_run_is_exact(kind: Kind, shares: list[Fraction], swapped: bool) -> None:
    """Whatever its weights are, in either direction."""
    new = STABLE if swapped else CANARY
    assert all(flips(user) in ([], [new]) for user in whole_run(kind, shares, swapped=swapped))


@each_kind
@unhurried
@given(shares=plans, data=st.data())
def test_it_does_not_matter_who_comes_when(kind: Kind, shares: list[Fraction], data: st.DataObject) -> None:
    """Of those who stayed away for some stages the canary has its share at once, too."""
    comes = data.draw(st.lists(st.booleans(), min_size=len(shares), max_size=len(shares)))
    live, people = kind.plain, NEWCOMERS
    for number, share in enumerate(shares, start=1):
        live = kind.at(live, a_stage(shares, number))
        if comes[number - 1]:
            people = kind.visited(live, people)
            assert crowd.at(people, CANARY) == share


@each_kind
def test_a_stage_that_is_written_again_draws_nobody_again(kind: Kind) -> None:
    """After a withdrawal, or a crash between the weight and its note."""
    order, first = a_stage(percents(5, 20), 2), kind.at(kind.plain, a_stage(percents(5, 20), 1))
    live = kind.at(first, order)
    people = kind.visited(live, kind.visited(first, NEWCOMERS))
    withdrawn = kind.at(live, a_weight(0, stage=2))
    assert crowd.at(kind.visited(withdrawn, people), CANARY) == 0
    again = kind.at(withdrawn, order)
    before = {user: part for user, part in people.items() if user.seen[-1] == CANARY}
    assert kind.at(live, order) == live
    after = kind.visited(again, people)
    assert {
        user._replace(seen=user.seen[:-1]): part for user, part in after.items() if user.seen[-1] == CANARY
    } == before


@each_kind
def test_another_run_begins_afresh(kind: Kind) -> None:
    """Cookies of an aborted run say nothing; nor do those of another rollout with the same name."""
    shares = percents(50)
    people = kind.visited(kind.at(kind.plain, a_stage(shares, 1)), NEWCOMERS)
    people = kind.visited(kind.at(kind.plain, a_stage(shares, 1, run="abc-2")), people)
    assert {user.seen: part for user, part in people.items()} == {
        (one, other): Fraction(1, 4) for one in (STABLE, CANARY) for other in (STABLE, CANARY)
    }


@each_kind
def test_rollouts_with_one_name_of_a_cookie_take_nobody_for_their_own(kind: Kind) -> None:
    """The value says whose it is."""
    order = a_weight(50, cookies=drawn(50, name="release"))
    people = kind.visited(kind.at(kind.plain, order, "shop/basket"), NEWCOMERS)
    assert {user.cookie.partition("=")[0] for user in people if user.cookie} == {"release"}
    after = kind.visited(kind.at(kind.plain, order), people)
    assert all(part == Fraction(1, 4) for part in after.values())
