"""What holds for any HTTPRoute and any run."""

import copy
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, is_service, weight
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.gateway_api.shapes import (
    a_backend,
    a_route,
    a_rule,
    a_split,
    at,
    backends_in,
    given_back,
    weights_of,
)
from tests.providers.traffic.gateway_api.strategies import a_run, http_routes
from tests.providers.traffic.istio.shapes import a_weight
from tests.providers.traffic.istio.strategies import unhurried

Case = tuple[Any, Asked]


def run(live: Object, split: Asked, steps: Sequence[SetWeight]) -> Object:
    for order in steps:
        live = at(live, order, split)
    return live


def selected(live: Any, split: Asked) -> Any:
    rules = live["spec"]["rules"]
    return next(rule for rule in rules if split.rules[0] in {None, rule.get("name")})


def shares(live: Any, split: Asked) -> list[Fraction]:
    """Of everything, for each backend that is not ours; the canary and stable are one."""
    refs = selected(live, split)["backendRefs"]
    total = sum(weight(each) for each in refs)
    ours = (split.stable, split.canary)
    return [Fraction(weight(each), total) for each in refs if not any(is_service(each, one, "shop") for one in ours)]


def without_weights(live: Object, split: Asked) -> Any:
    """All that is never ours to change."""
    bare = copy.deepcopy(dict(live))
    rule = selected(bare, split)
    rule["backendRefs"] = [
        {key: value for key, value in each.items() if key != "weight"}
        for each in rule["backendRefs"]
        if not is_service(each, split.canary, "shop")
    ]
    notes = bare["metadata"].pop("annotations", {})
    return bare, {key: value for key, value in notes.items() if key != "canary-operator.dev/route"}


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_restore_undoes_any_run(asked: Case, steps: list[SetWeight]) -> None:
    """Whatever weights were written, the restored object is the one before."""
    before, split = asked
    assert given_back(run(before, split, steps), split) == before


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_writing_a_weight_twice_is_writing_it_once(asked: Case, steps: list[SetWeight]) -> None:
    """The second time nothing changes, so nothing is written."""
    live = run(asked[0], asked[1], steps)
    assert at(live, steps[-1], asked[1]) == live


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_shares_are_exact(asked: Case, steps: list[SetWeight]) -> None:
    """The canary gets its share of ours, every other backend keeps its share of everything."""
    before, split = asked
    live = run(before, split, steps)
    route = current(live, split)
    assert isinstance(route, Route)
    assert route.share == steps[-1].weight
    assert shares(live, split) == shares(before, split)


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_every_weight_is_one_that_the_api_takes(asked: Case, steps: list[SetWeight]) -> None:
    """And all of ours would still be one on a single Service, which is what a rollback writes."""
    live, split = run(asked[0], asked[1], steps), asked[1]
    refs = selected(live, split)["backendRefs"]
    assert all(0 <= weight(each) <= MOST_WEIGHT for each in refs)
    assert sum(weight(each) for each in refs if any(is_service(each, one, "shop") for one in ours(split))) > 0


def ours(split: Asked) -> tuple[str, str]:
    return split.stable, split.canary


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_nothing_but_weights_and_our_backend_changes(asked: Case, steps: list[SetWeight]) -> None:
    """Unknown fields, other rules, order, labels and annotations stay, and the live object is not edited."""
    before, split = asked
    kept = copy.deepcopy(before)
    assert without_weights(run(before, split, steps), split) == without_weights(before, split)
    assert before == kept


@unhurried
@given(asked=http_routes(), steps=a_run)
def test_every_patch_gives_exactly_the_desired_object(asked: Case, steps: list[SetWeight]) -> None:
    """Each step of a run and its restore, as the API server would apply them."""
    live, split = asked
    for order in steps:
        after = at(live, order, split)
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        live = after
    assert jsonpatch.apply_patch(live, operations(live, given_back(live, split))) == asked[0]


def _new_timeout(live: Any, split: Asked) -> None:
    selected(live, split)["timeouts"] = {"request": "31s"}


def _a_rule_before_ours(live: Any, _: Asked) -> None:
    live["spec"]["rules"].insert(0, a_rule(a_backend("checkout", 1), name="new"))


def _an_annotation(live: Any, _: Asked) -> None:
    live["metadata"]["annotations"] = (live["metadata"].get("annotations") or {}) | {"theirs": "1"}


def _a_host(live: Any, _: Asked) -> None:
    live["spec"]["hostnames"] = ["new.example.com"]


EDITS: list[Callable[[Any, Asked], None]] = [_new_timeout, _a_rule_before_ours, _an_annotation, _a_host]


@unhurried
@given(
    asked=http_routes().filter(lambda asked: asked[1].rules[0] is not None),
    steps=a_run,
    more=a_run,
    edits=st.lists(st.sampled_from(EDITS), unique=True),
)
def test_edits_of_the_user_in_mid_run_survive(
    asked: Case, steps: list[SetWeight], more: list[SetWeight], edits: list[Callable[[Any, Asked], None]]
) -> None:
    """Restored is what the user would have without us: the object before with their edits."""
    before, split = copy.deepcopy(asked[0]), asked[1]
    live = copy.deepcopy(dict(run(before, split, [a_weight(5), *steps])))
    for edit in edits:
        edit(live, split)
        edit(before, split)
    assert given_back(run(live, split, more), split) == before


def test_a_backend_added_in_mid_run_keeps_its_share() -> None:
    """Its owner weighed it against our weights, so restore puts it into theirs."""
    live: Any = copy.deepcopy(at(a_route(a_rule(a_backend("checkout", 8))), a_weight(25)))
    backends_in(live).append(a_backend("legacy", 100))
    assert weights_of(given_back(live)) == {"checkout": 8, "legacy": 8}


def test_a_newcomer_that_does_not_fit_the_users_scale_keeps_its_share() -> None:
    """A third beside 100 of ours is no whole number beside 1."""
    live: Any = copy.deepcopy(at(a_route(a_rule(a_backend("checkout", 1))), a_weight(25)))
    backends_in(live).append(a_backend("legacy", 50))
    assert weights_of(given_back(live)) == {"checkout": 100, "legacy": 50}


def test_a_missing_weight_is_one() -> None:
    """So a canary that its owner wrote without a weight has half of the traffic, and is no canary to begin with."""
    route = current(a_route(a_rule(a_backend("checkout"), a_backend("checkout-canary"))), a_split())
    assert isinstance(route, Route)
    assert route.share == Fraction(1, 2)


def test_a_third_backend_without_a_weight_keeps_its_half() -> None:
    """1 beside 1 of stable."""
    live = a_route(a_rule(a_backend("checkout"), a_backend("legacy")))
    assert weights_of(at(live, a_weight(25))) == {"checkout": 3, "legacy": 4, "checkout-canary": 1}


def test_the_canary_copies_port_and_filters_of_stable() -> None:
    """A backend that we add differs from the stable one in name and weight only."""
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}]
    after = at(a_route(a_rule(a_backend("checkout", 1, port=8080, filters=filters))), a_weight(5))
    assert backends_in(after)[1] == {"name": "checkout-canary", "port": 8080, "filters": filters, "weight": 5}


def test_the_finest_share_fits_alone() -> None:
    """A millionth of the traffic is exactly what the API's largest weight can say."""
    live = a_route(a_rule(a_backend("checkout", 1)))
    assert weights_of(at(live, a_weight("0.0001"))) == {"checkout": 999_999, "checkout-canary": 1}


def test_weights_beyond_the_api_are_refused_before_the_run() -> None:
    """Rounding would change somebody else's share, so the problem asks for smaller numbers."""
    live = a_route(a_rule(a_backend("checkout", 999_999), a_backend("legacy", 1)))
    found = desired(live, a_split(), a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    planned = Asked("shop/checkout", (None,), "checkout", "checkout-canary", (Fraction(1, 2), Fraction(1, 20)))
    assert current(live, planned) in {found, desired(live, a_split(), a_weight(50))}
    assert isinstance(current(live, a_split()), Route)


def test_a_reversed_run_goes_back_to_the_canary() -> None:
    """What stable weighs is the canary's; nobody else is touched."""
    live = at(a_route(a_rule(a_backend("checkout", 3), a_backend("legacy", 1))), a_weight(50))
    back = at(live, a_weight(100, Purpose.ROLL_BACK))
    assert weights_of(back) == {"checkout": 0, "legacy": 2, "checkout-canary": 6}
    assert weights_of(given_back(back)) == {"checkout": 3, "legacy": 1}


def test_a_canary_that_was_removed_in_mid_run_is_ours_from_then_on() -> None:
    """Restore takes away what the next raise adds."""
    live: Any = copy.deepcopy(
        at(a_route(a_rule(a_backend("checkout", 1), a_backend("checkout-canary", 0))), a_weight(5))
    )
    backends_in(live).pop()
    assert weights_of(given_back(at(live, a_weight(25)))) == {"checkout": 1}


def test_who_changed_the_rules_last_is_told() -> None:
    """With the kind of route, for the cure that GitOps tools are told."""
    live = a_route(a_rule(a_backend("checkout", 1)))
    owner = {"manager": "argocd-controller", "time": "2026-01-01T09:00:00Z", "fieldsV1": {"f:spec": {"f:rules": {}}}}
    live["metadata"]["managedFields"] = [owner]
    route = current(live, a_split())
    assert isinstance(route, Route)
    assert (route.editor, route.carrier.kind) == ("argocd-controller", "HTTPRoute")
