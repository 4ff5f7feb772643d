"""The cookies of a route: what is inserted for them, and a route without a trace of it afterwards."""

import copy
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.matches import CanaryMatch
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.restore import restored
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.managed import Managed
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.gateway_api.obeying import Request, obeyed
from tests.providers.traffic.gateway_api.shapes import (
    a_backend,
    a_route,
    a_rule,
    a_split,
    as_sent,
    at,
    backends_in,
    cookies_of,
    edited,
    given_back,
    names,
    seen,
    weights_of,
)
from tests.providers.traffic.gateway_api.strategies import a_run, http_routes, keeping_orders, of_responses
from tests.providers.traffic.istio.shapes import a_stage, a_weight, drawn, percents, rolled_back
from tests.providers.traffic.istio.strategies import unhurried

Case = tuple[Any, Asked]
STABLE, CANARY = "checkout", "checkout-canary"
PLAIN = a_route(a_rule(a_backend(STABLE, 1), name="primary", timeouts={"request": "5s"}))
SPLIT = a_split("primary")
FIRST, KEPT = "canary-operator-cookie-1-checkout", "canary-operator-cookie-canary-checkout"
alone = http_routes(most_others=0)
runs = st.lists(keeping_orders(), min_size=1, max_size=3)


@unhurried
@given(asked=alone, steps=runs)
def test_a_run_gives_back_what_it_got(asked: Case, steps: list[SetWeight]) -> None:
    """Restore after edits is the identity, an edit of the edited changes nothing, and each patch says exactly that."""
    before, split = asked
    live: Object = as_sent(before)
    for order in steps:
        after = desired(live, split, order)
        if isinstance(after, Problem):
            continue
        assert not isinstance(after, Partly | Problem)
        after = as_sent(after)
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, split) == after
        assert given_back(after, split) == before
        found = seen(after, split)
        assert (found.share, found.lost) == (order.weight, ())
        live = after
    fallen = at(live, rolled_back(), split)
    assert "canary-operator." not in str(fallen["spec"])
    assert not seen(fallen, split).feeds
    assert jsonpatch.apply_patch(live, operations(live, fallen)) == fallen
    assert jsonpatch.apply_patch(fallen, operations(fallen, given_back(fallen, split))) == before


@unhurried
@given(asked=alone, steps=a_run, order=keeping_orders())
def test_an_order_is_absolute(asked: Case, steps: list[SetWeight], order: SetWeight) -> None:
    """What is inserted and read does not depend on what was."""
    before, split = asked
    if isinstance(desired(before, split, order), Problem):
        return
    live: Object = before
    for step in steps:
        live = at(live, step, split)
    direct, late = at(before, order, split), at(live, order, split)
    assert names(direct) == names(late)
    assert seen(direct, split) == seen(late, split)


def test_a_reversed_rollback_leaves_no_cookie_either() -> None:
    """All traffic back to the canary's pods."""
    live = at(PLAIN, a_stage(percents(5, 20), 2, swapped=True), SPLIT)
    after = at(live, a_weight(100, Purpose.ROLL_BACK), SPLIT)
    assert names(after) == ["primary"]
    assert weights_of(after) == {STABLE: 0, CANARY: 100}
    assert "filters" not in str(after["spec"])


def test_both_versions_set_one_and_whoever_has_one_gets_none() -> None:
    """In the split rule, and for users of an earlier stage, who are drawn once more."""
    live = at(PLAIN, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT)
    assert names(live) == [KEPT, FIRST, "canary-operator-cookie-2-checkout", "primary"]
    for place, sets in enumerate((False, True, False, True)):
        values = [cookies_of(each) for each in backends_in(live, place)]
        ends = [[one.partition(";")[0].rpartition(".")[2] for one in each] for each in values]
        assert ends == ([["2"], ["canary"]] if sets else [[], []])
    assert weights_of(live, 1) == {STABLE: 16, CANARY: 3}


def test_its_owners_headers_stay() -> None:
    """Ours is added beside what the backend adds, in the one filter of its type."""
    mine = of_responses(add=[{"name": "x-arm", "value": "1"}], remove=["server"])
    rule = a_rule(
        a_backend(STABLE, 1, filters=[mine]),
        name="primary",
        filters=[of_responses(add=[{"name": "Set-Cookie", "value": "seen=1"}])],
    )
    live = at(a_route(rule), a_weight(5, cookies=drawn(5)), SPLIT)
    split = live["spec"]["rules"][-1]
    assert split["filters"] == rule["filters"]
    for each in split["backendRefs"]:
        [found] = each["filters"]
        assert found["responseHeaderModifier"]["remove"] == ["server"]
        assert [one["name"] for one in found["responseHeaderModifier"]["add"]] == ["x-arm", "set-cookie"]
        assert "%" not in str(found), "Envoy would read it as a command"


def with_filters(*filters: Any) -> Any:
    return {"backendRefs": [a_backend(STABLE, 1, filters=list(filters))]}


MANY = [{"name": f"x-{at}", "value": "1"} for at in range(16)]
MIRRORS = [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "a", "port": 80}}}] * 16


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"filters": [of_responses(set=[{"name": "Set-Cookie", "value": "a=1"}])]},
            "itself (filters.responseHeaderModifier.set)",
        ),
        ({"filters": [of_responses(remove=["set-cookie"])]}, "itself (filters.responseHeaderModifier.remove)"),
        (
            with_filters(of_responses(add=[{"name": "Set-Cookie", "value": "a=1"}])),
            "itself (checkout: filters.responseHeaderModifier.add)",
        ),
        (
            with_filters(of_responses(set=[{"name": "set-cookie", "value": "a=1"}])),
            "itself (checkout: filters.responseHeaderModifier.set)",
        ),
        (with_filters(of_responses(add=MANY)), "has 16 headers that checkout adds to responses, and the API takes no"),
        (with_filters(*MIRRORS), "has 16 filters of checkout, and the API takes no more"),
        ({"backendRefs": [a_backend(STABLE, 9), a_backend("legacy", 1)]}, "sends to legacy too"),
        (
            {"matches": [{"headers": [{"name": "Cookie", "value": "a"}]}]},
            "tests the header cookie already, and traffic.stickiness tests it too",
        ),
    ],
    ids=["set", "remove", "added", "set there", "no header free", "no filter free", "a third version", "a test of it"],
)
def test_what_leaves_no_room_for_it_is_a_problem_before_anything_is_written(change: Any, says: str) -> None:
    """It names the route, what stands there, and the cure."""
    assert says in refusal(a_route(a_rule(a_backend(STABLE, 1), name="primary") | change))


def refusal(live: Object, *weights: str | float) -> str:
    """Said before a run, and by a write, in the same words."""
    cookies = drawn(*(weights or (5,)))
    found = current(live, replace(SPLIT, managed=Managed(cookies=cookies)))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert desired(live, SPLIT, a_weight(5, cookies=cookies)) == found
    assert "HTTPRoute shop/checkout " in found.message
    return found.message


TEAM = a_rule(a_backend("team"), name="team", matches=[{"headers": [{"name": "x-team", "value": "a"}]}])


def test_a_rule_that_would_lose_its_requests_is_named_with_its_cure() -> None:
    """It tests one header, as ours do, so it has to stand before them."""
    primary = PLAIN["spec"]["rules"][0]
    said = refusal(a_route(primary, TEAM))
    assert "with the tests of traffic.stickiness says more than rule team does, whose requests it would take" in said
    assert "let that one test a header more and stand before it" in said
    cured = at(a_route(TEAM, primary), a_weight(5, cookies=drawn(5)), SPLIT)
    assert names(cured) == ["team", KEPT, FIRST, "primary"]
    assert obeyed(cured, Request(headers={"x-team": "a", "cookie": newcomer(cured)})) == "team"


def newcomer(live: Object, arm: int = 0) -> str:
    """The header of whoever was just drawn for this backend."""
    return cookies_of(backends_in(live, -1)[arm])[0].partition(";")[0]


@pytest.mark.parametrize(("stages", "fits"), [(13, True), (14, False)])
def test_more_stages_than_rules_fit_are_a_problem_before_the_run(stages: int, fits: bool) -> None:
    """One for each, two more, and one of the owner's: the API takes 16."""
    live = a_route(TEAM, PLAIN["spec"]["rules"][0])
    order = a_weight(stages, stage=stages, cookies=drawn(*range(1, stages + 1)))
    if fits:
        assert len(names(at(live, order, SPLIT))) == 16
        return
    assert "needs 15 rules of ours, and the API takes 16 rules" in refusal(live, *range(1, stages + 1))


@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize(
    ("match", "request_of"),
    [
        ({"headers": [{"name": "x-canary", "exact": "true"}]}, {"headers": {"x-canary": "true"}}),
        ({"queryParams": [{"name": "canary", "present": True}]}, {"params": {"canary": "1"}}),
        ({"cookie": {"name": "tester", "present": True}}, {"headers": {"cookie": "tester=1"}}),
        ({"path": {"prefix": "/v2"}}, {"path": "/v2/x"}),
        ({"method": "PUT"}, {"method": "PUT"}),
    ],
    ids=["header", "parameter", "cookie", "path", "method"],
)
def test_testers_have_the_canary_whatever_they_were_drawn_for(match: Any, request_of: Any, arm: int) -> None:
    """A cookie is a header, which says more than any parameter."""
    order = a_weight(20, stage=2, matches=(CanaryMatch.model_validate(match),), cookies=drawn(5, 20))
    live = at(PLAIN, order, SPLIT)
    sent = Request(**request_of)
    assert obeyed(live, sent) == "canary-operator-match-1-checkout"
    cookies = "; ".join([*filter(None, [sent.headers.get("cookie")]), newcomer(live, arm)])
    with_cookie = replace(sent, headers={**sent.headers, "cookie": cookies})
    assert obeyed(live, with_cookie) == "canary-operator-match-1-checkout"
    assert obeyed(live, Request(headers={"cookie": newcomer(live, arm)})) != "canary-operator-match-1-checkout"
    assert seen(live).lost == ()


def test_testers_that_need_two_matches_are_refused_where_the_api_takes_one() -> None:
    """Whoever is known by a parameter alone; with a header the rule is made."""
    rewrite = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    shop = [{"path": {"type": "PathPrefix", "value": "/shop"}}]
    rule = a_rule(
        a_backend(STABLE, 1), name="primary", matches=shop, filters=[{"type": "URLRewrite", "urlRewrite": rewrite}]
    )
    orders = [
        a_weight(5, cookies=drawn(5), matches=(CanaryMatch.model_validate({field: [{"name": "x", "present": True}]}),))
        for field in ("headers", "queryParams")
    ]
    assert len(names(at(a_route(rule), orders[0], SPLIT))) == 4
    found = desired(a_route(rule), SPLIT, orders[1])
    assert isinstance(found, Problem)
    assert "beside traffic.stickiness traffic.canaryMatches[0] needs two; test a header in it" in found.message


def test_a_third_version_that_came_in_mid_run_stops_no_way_home() -> None:
    """Nobody is drawn anew, and everything can be given back."""

    def shared(rules: Any) -> None:
        rules[-1]["backendRefs"].append(a_backend("legacy", 10))

    live = edited(at(PLAIN, a_weight(50, cookies=drawn(50)), SPLIT), shared)
    assert seen(live).lost == (KEPT, FIRST)
    assert isinstance(desired(live, SPLIT, a_weight(60, cookies=drawn(50, 60))), Problem)
    assert not isinstance(restored(live, SPLIT), Problem)
    assert names(at(live, rolled_back(), SPLIT)) == ["primary"]


def _without_cookie(rules: Any) -> None:
    del rules[-1]["backendRefs"][0]["filters"]


def _of_earlier_ones(rules: Any) -> None:
    del rules[1]["backendRefs"][0]["filters"]


def _not_kept(rules: Any) -> None:
    del rules[0]


def _drawn_otherwise(rules: Any) -> None:
    rules[1]["backendRefs"][0]["weight"] = 1


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        (_without_cookie, "set-cookie of rule primary"),
        (_of_earlier_ones, FIRST),
        (_drawn_otherwise, FIRST),
        (_not_kept, KEPT),
    ],
)
def test_what_somebody_took_or_changed_is_missed(change: Any, missed: str) -> None:
    """Users would be drawn again and again, and nobody would know."""
    live = edited(at(PLAIN, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT), change)
    assert seen(live).lost == (missed,)
    assert names(given_back(live, SPLIT)) == ["primary"]


def test_a_cookie_of_its_owner_in_the_place_of_ours_is_missed() -> None:
    """Nothing of ours can do its work then; the next write says why."""

    def another(rules: Any) -> None:
        rules[-1]["backendRefs"][1]["filters"][0]["responseHeaderModifier"]["add"][0]["value"] = "mine=1"

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), another)
    assert seen(live).lost == (KEPT, FIRST)
    assert isinstance(desired(live, SPLIT, a_weight(5, cookies=drawn(5))), Problem)


def test_headers_of_its_owner_in_mid_run_stay() -> None:
    """Ours alone goes away."""

    def more(rules: Any) -> None:
        rules[-1]["backendRefs"][0]["filters"][0]["responseHeaderModifier"]["add"].append({"name": "x", "value": "1"})

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), more)
    assert seen(live).lost == ()
    after = at(live, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT)
    kept = [of_responses(add=[{"name": "x", "value": "1"}])]
    assert backends_in(given_back(after, SPLIT)) == [a_backend(STABLE, 1, filters=kept)]


def test_a_copy_that_its_owner_made_of_the_rule_is_left_without_our_cookie() -> None:
    """It would go on keeping users for a run that is over."""

    def copied(rules: Any) -> None:
        rules.append(copy.deepcopy(rules[-1]) | {"name": "other", "matches": [{"path": {"value": "/other"}}]})

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), copied)
    assert "canary-operator." not in str(given_back(live, SPLIT)["spec"])


def test_the_longest_names_still_fit_into_an_expression() -> None:
    """The API takes 4096 characters, and Istio 1024 of an expression."""
    split = a_split("primary", rollout=f"{'n-' * 31}n/{'r.' * 126}r")
    live = at(PLAIN, a_weight(5, cookies=drawn(5, run="-" * 40)), split)
    texts = [rule["matches"][0]["headers"][0]["value"] for rule in live["spec"]["rules"][:-1]]
    assert len(texts) == 2
    assert max(map(len, texts)) <= 1024
