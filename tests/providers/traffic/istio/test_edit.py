"""What is particular to VirtualServices in how weights are written; for any route see `test_any_run.py`."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.routes import Asked
from tests.providers.traffic.istio.any_route import ANY_VIRTUAL_SERVICE as ANY
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    route_of,
    weights_of,
)
from tests.providers.traffic.istio.strategies import unhurried

Case = tuple[Any, Asked]


@unhurried
@given(asked=ANY.cases, steps=ANY.runs, more=ANY.runs, weight=st.integers(1, 300))
def test_a_destination_added_in_mid_run_keeps_its_share(
    asked: Case, steps: list[SetWeight], more: list[SetWeight], weight: int
) -> None:
    """Its owner weighed it against our weights, so restore puts it into theirs."""
    before, split = asked
    live = copy.deepcopy(dict(ANY.after(before, split, [a_weight(5), *steps])))
    ANY.rule(live, split)["route"].append(a_destination("newcomer", weight))
    wanted = ANY.shares(live, split)
    after = given_back(ANY.after(live, split, more), split)
    assert ANY.shares(after, split) == wanted
    assert [each["destination"]["host"] for each in ANY.rule(after, split)["route"]][:-1] == [
        each["destination"]["host"] for each in ANY.rule(before, split)["route"]
    ]


def test_the_canary_copies_port_and_headers_of_stable() -> None:
    """A destination that we add differs from the stable one in host and weight only, written as the user writes."""
    stable = {"destination": {"host": "checkout", "port": {"number": 8080}}, "headers": {"request": {"remove": ["x"]}}}
    after = at(a_virtual_service(a_rule(stable)), a_weight(5))
    assert route_of(after)[1] == {
        "destination": {"host": "checkout-canary", "port": {"number": 8080}},
        "headers": {"request": {"remove": ["x"]}},
        "weight": 5,
    }


def test_stable_gets_a_weight_beside_the_first_canary() -> None:
    """Without one it would count as 0, and everything would go to the canary."""
    live = a_virtual_service(a_rule(a_destination("checkout")))
    assert weights_of(at(live, a_weight("0.5"))) == {"checkout": 995, "checkout-canary": 5}


def test_weights_that_cannot_be_exact_are_refused() -> None:
    """Rounding would change somebody else's share, so the problem asks for smaller numbers."""
    live = a_virtual_service(a_rule(a_destination("checkout", 2_000_000_001), a_destination("legacy", 1)))
    found = desired(live, a_split(), a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert "5%" in found.message


def test_a_renamed_rule_is_still_ours() -> None:
    """The record and the hosts tell which rule was edited, whatever it is called now."""
    live: Any = copy.deepcopy(at(a_virtual_service(a_rule(a_destination("checkout"), name="a")), a_weight(5)))
    live["spec"]["http"][0]["name"] = "b"
    live["spec"]["http"].append(a_rule(a_destination("checkout"), name="c"))
    assert weights_of(at(live, a_weight(25), a_split("a"))) == {"checkout": 75, "checkout-canary": 25}


def test_the_record_wins_over_a_changed_spec() -> None:
    """While our edit stands in one rule, another rule is not touched: first the old one is given back."""
    live = a_virtual_service(a_rule(a_destination("checkout"), name="a"), a_rule(a_destination("checkout"), name="b"))
    after = at(at(live, a_weight(5), a_split("a")), a_weight(25), a_split("b", canary="other"))
    assert weights_of(after, 0) == {"checkout": 75, "checkout-canary": 25}
    assert weights_of(after, 1) == {"checkout": None}
