"""Any HTTPRoute that the API server accepts, with one rule that can be split."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.gateway_api.shapes import a_split
from tests.providers.traffic.istio.shapes import drawn
from tests.providers.traffic.istio.strategies import BUCKETS, MATCHES

TESTERS = tuple(one for one in MATCHES if one.source_labels is None)
SHARES = st.integers(0, 1000).map(lambda tenths: Fraction(tenths, 1000))
"""Percentages with one decimal: finer ones need weights beside others that the API may not have."""

OF_REQUESTS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x-team"]}}
HELD: tuple[dict[str, Any], ...] = (
    {},
    {"add": []},
    {"add": [], "remove": ["server"]},
    {"add": [{"name": "x-served-by", "value": "mesh"}]},
)


def of_responses(**modifier: Any) -> dict[str, Any]:
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier}


extras = st.fixed_dictionaries(
    {},
    optional={
        "filters": st.sampled_from([[], [OF_REQUESTS], *([OF_REQUESTS, of_responses(**one)] for one in HELD)]),
        "futureField": st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=2), max_leaves=3),
    },
)
rule_extras = st.fixed_dictionaries(
    {},
    optional={
        "timeouts": st.just({"request": "5s"}),
        "filters": st.just([of_responses(remove=["server"])]),
        "unknown": st.lists(st.text(max_size=3), max_size=2),
    },
)
matches = st.sampled_from(
    [
        [{"path": {"type": "PathPrefix", "value": "/"}}],
        [{"path": {"type": "Exact", "value": "/buy"}, "method": "POST"}, {"headers": [{"name": "x", "value": "1"}]}],
    ]
)
elsewhere: list[dict[str, Any]] = [
    {"name": "legacy"},
    {"name": "checkout", "namespace": "payments"},
    {"name": "checkout-canary", "namespace": "payments"},
    {"name": "checkout", "group": "storage.example.com", "kind": "Bucket"},
]


@st.composite
def backends(draw: st.DrawFn, what: st.SearchStrategy[dict[str, Any]], weights: st.SearchStrategy[int]) -> Any:
    full = draw(st.sampled_from([{}, {"group": "", "kind": "Service"}]))
    return {**full, "port": 80, **draw(what), **draw(extras), "weight": draw(weights)}


foreign = backends(st.sampled_from(elsewhere), st.integers(0, 200))


@st.composite
def split_rules(draw: st.DrawFn, *, most_others: int = 3) -> Any:
    """The rule that a rollout splits: stable in any place, the canary perhaps, others perhaps."""
    others = draw(st.lists(foreign, max_size=most_others))
    canary = draw(st.lists(backends(st.just({"name": "checkout-canary"}), st.just(0)), max_size=1))
    stable = draw(backends(st.just({"name": "checkout"}), st.integers(1, 200)))
    refs = draw(st.permutations([stable, *canary, *others]))
    return {"matches": draw(matches), **draw(rule_extras), "backendRefs": refs}


@st.composite
def other_rules(draw: st.DrawFn, name: str) -> Any:
    refs = draw(st.lists(foreign | backends(st.just({"name": "checkout"}), st.integers(0, 9)), min_size=1))
    return {"name": name, "matches": draw(matches), **draw(rule_extras), "backendRefs": refs}


@st.composite
def http_routes(draw: st.DrawFn, *, most_others: int = 3) -> tuple[Any, Asked]:
    """An object and what a rollout asks of it."""
    rule = draw(split_rules(most_others=most_others))
    around = [draw(other_rules(name)) for name in draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True))]
    named = bool(around) or draw(st.booleans())
    rule = {"name": "primary", **rule} if named else rule
    notes = draw(st.dictionaries(st.sampled_from(["a", "b/c"]), st.just("x"), max_size=2))
    metadata = {"name": "checkout", "namespace": "shop"} | ({"annotations": notes} if notes else {})
    spec = {"parentRefs": [{"name": "web"}], "rules": draw(st.permutations([rule, *around]))}
    return {"metadata": metadata, "spec": spec}, a_split("primary" if named else None)


@st.composite
def several_http_routes(draw: st.DrawFn, *, most_others: int = 3) -> tuple[Any, Asked]:
    """Two or three rules that are split alike, in any order, among others."""
    wanted = ["primary", "admin", "mobile"][: draw(st.integers(2, 3))]
    rules = [{"name": name, **draw(split_rules(most_others=most_others))} for name in wanted]
    around = [draw(other_rules(name)) for name in draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True))]
    spec = {"parentRefs": [{"name": "web"}], "rules": draw(st.permutations([*rules, *around]))}
    first, *more = draw(st.permutations(wanted))
    return {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": spec}, a_split(first, more=more)


orders = st.builds(
    SetWeight,
    weight=SHARES | st.sampled_from([Fraction(0), Fraction(1)]),
    purpose=st.sampled_from(Purpose),
    run=st.just("abc-1"),
    stage=st.integers(1, 20),
)
a_run = st.lists(orders, min_size=1, max_size=4)


@st.composite
def choosing_orders(draw: st.DrawFn) -> SetWeight:
    """A stage with canary matches, with a bucket, or with both, in either direction."""
    weight = Fraction(draw(st.integers(0, 99)), 100)
    matches = tuple(draw(st.lists(st.sampled_from(TESTERS), min_size=weight == 0, unique_by=id)))
    bucket = draw(st.sampled_from(BUCKETS)) if weight > 0 else None
    swapped = draw(st.booleans())
    service = None if swapped or weight == 0 or not matches else draw(st.sampled_from([None, "checkout-testers"]))
    by_place = 1 - weight if swapped else weight
    order = SetWeight(by_place, Purpose.STAGE, "abc-1", 1, matches=matches, bucket=bucket, reversed=swapped)
    return replace(order, match_service=service)


@st.composite
def keeping_orders(draw: st.DrawFn) -> SetWeight:
    """A stage in which users keep their version, after any others, in either direction."""
    weights = sorted(draw(st.sets(SHARES.filter(lambda share: 0 < share < 1), min_size=1, max_size=4)))
    matches = tuple(draw(st.lists(st.sampled_from(TESTERS), unique_by=id)))
    swapped = draw(st.booleans())
    by_place = 1 - weights[-1] if swapped else weights[-1]
    cookies = drawn(*(float(weight * 100) for weight in weights), name=draw(st.sampled_from([None, "release"])))
    return SetWeight(by_place, Purpose.STAGE, "abc-1", 1, matches=matches, cookies=cookies, reversed=swapped)
