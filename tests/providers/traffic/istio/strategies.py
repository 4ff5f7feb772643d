"""Any VirtualService that Istio accepts, with one rule that can be split."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.copies import Copies
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.selectors import Selector
from tests.cases import cases
from tests.providers.traffic.istio.shapes import a_split, drawn

unhurried = settings(deadline=None, max_examples=cases(60))
"""A busy machine is no failure."""

SHARES = st.integers(0, 1_000_000).map(lambda millionths: Fraction(millionths, 1_000_000))
"""All that the API can say: percentages with four decimals."""

extras = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.sampled_from(
            [
                {"request": {"set": {"x-team": "payments"}}},
                {},
                {"response": {}},
                {"response": {"add": {}, "remove": ["server"]}},
                {"response": {"add": {"x-served-by": "mesh"}}},
            ]
        ),
        "futureField": st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=2), max_leaves=3),
    },
)
rule_extras = st.fixed_dictionaries(
    {},
    optional={
        "timeout": st.just("5s"),
        "match": st.just([{"uri": {"prefix": "/"}}, {"headers": {"x": {"exact": "1"}}}]),
        "retries": st.just({"attempts": 3}),
        "mirror": st.just({"host": "checkout"}),
        "mirrorPercentage": st.just({"value": 12.5}),
        "unknown": st.lists(st.text(max_size=3), max_size=2),
    },
)
ports = st.none() | st.just({"number": 8080})
foreign_hosts = st.sampled_from(["legacy", "checkout.other", "checkout.shop", "cart.shop.svc.cluster.local"])


def written(host: str) -> st.SearchStrategy[str]:
    return st.sampled_from([host, f"{host}.shop.svc.cluster.local"])


@st.composite
def destinations(draw: st.DrawFn, hosts: st.SearchStrategy[str], weights: st.SearchStrategy[int | None]) -> Any:
    port, weight = draw(ports), draw(weights)
    destination = {"host": draw(hosts)} | ({"port": port} if port else {})
    return {"destination": destination} | draw(extras) | ({} if weight is None else {"weight": weight})


foreign = destinations(foreign_hosts, st.none() | st.integers(0, 200))


@st.composite
def split_rules(draw: st.DrawFn, *, most_others: int = 3) -> Any:
    """The rule that a rollout splits: stable in any place, the canary perhaps, others perhaps."""
    others = draw(st.lists(foreign, max_size=most_others))
    canary = draw(st.lists(destinations(written("checkout-canary"), st.sampled_from([None, 0])), max_size=1))
    weights = st.integers(1, 200) if others or canary else st.none() | st.integers(0, 200)
    stable = draw(destinations(written("checkout"), weights))
    return draw(rule_extras) | {"route": draw(st.permutations([stable, *canary, *others]))}


@st.composite
def other_rules(draw: st.DrawFn, name: str) -> Any:
    route = draw(st.lists(foreign | destinations(written("checkout"), st.none() | st.integers(0, 9)), min_size=1))
    return draw(rule_extras) | {"name": name, "route": route}


@st.composite
def virtual_services(draw: st.DrawFn, *, most_others: int = 3) -> tuple[Any, Asked]:
    """An object and what a rollout asks of it."""
    rule = draw(split_rules(most_others=most_others))
    around = [draw(other_rules(name)) for name in draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True))]
    named = bool(around) or draw(st.booleans())
    rule = rule | ({"name": "primary"} if named else {})
    http = draw(st.permutations([rule, *around]))
    notes = draw(st.dictionaries(st.sampled_from(["a", "b/c"]), st.just("x"), max_size=2))
    metadata = {"name": "checkout", "namespace": "shop"} | ({"annotations": notes} if notes else {})
    spec = {"hosts": ["checkout"], "http": http} | draw(rule_extras)
    return {"metadata": metadata, "spec": spec}, a_split("primary" if named else None)


@st.composite
def several_services(draw: st.DrawFn) -> tuple[Any, Asked]:
    """Two or three http rules that are split alike, in any order, among others."""
    names = ["primary", "admin", "mobile"][: draw(st.integers(2, 3))]
    rules = [draw(split_rules()) | {"name": name} for name in names]
    around = [draw(other_rules(name)) for name in draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True))]
    spec = {"hosts": ["checkout"], "http": draw(st.permutations([*rules, *around]))}
    wanted = draw(st.permutations(names))
    return {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": spec}, a_split(wanted[0], more=wanted[1:])


NAMED: dict[str, list[Any]] = {
    "tcp": [[{"port": 9000}], [{"port": 8999}, {"port": 9000}], [{"gateways": ["mesh"], "port": 9000}]],
    "tls": [
        [{"port": 443, "sniHosts": ["a.example.com"]}],
        [{"sniHosts": ["z.example.com"]}, {"port": 443, "sniHosts": ["y.example.com", "a.example.com"]}],
    ],
}
"""Matches that name the port which is asked for."""
ANY: dict[str, list[Any]] = {"tcp": [None, [{}], [{"gateways": ["mesh"]}]], "tls": [[{"sniHosts": ["a.example.com"]}]]}
"""Those that take any; None is a rule without a match."""
OTHER: dict[str, list[Any]] = {
    "tcp": [[{"port": 9001}], [{"port": 90}, {"port": 900}]],
    "tls": [[{"port": 443, "sniHosts": ["b.example.com"]}], [{"port": 8443, "sniHosts": ["a.example.com"]}]],
}
"""Those of the neighbours."""
ASKED: dict[str, Selector] = {"tcp": TcpRoute(port=9000), "tls": TlsRoute(port=443, sni_host="a.example.com")}
SELECTED = "selected"
"""A field that marks the rule below HTTP which is meant, for a test to find it by."""


def matching(rule: Any, match: Any) -> Any:
    rest = {key: value for key, value in rule.items() if key not in {"match", "name"}}
    return rest if match is None else {"match": match, **rest}


@st.composite
def lower_services(draw: st.DrawFn) -> tuple[Any, Asked]:
    """The same with a tcp or tls rule that is asked for, among rules of every kind."""
    kind = draw(st.sampled_from(["tcp", "tls"]))
    named = draw(st.booleans())
    rule = matching(draw(split_rules()), draw(st.sampled_from((NAMED if named else ANY)[kind]))) | {SELECTED: True}
    matches = draw(st.lists(st.sampled_from(OTHER[kind] + (ANY[kind] if named else [])), max_size=2))
    around = [matching(draw(other_rules("")), match) for match in matches]
    beside = {other: [draw(other_rules("primary"))] for other in draw(st.sets(st.sampled_from(["http", "tcp", "tls"])))}
    spec = {"hosts": ["checkout"], **beside, kind: draw(st.permutations([rule, *around]))}
    return {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": spec}, a_split(ASKED[kind])


any_services = virtual_services() | lower_services()

orders = st.builds(
    SetWeight,
    weight=SHARES | st.sampled_from([Fraction(0), Fraction(1)]),
    purpose=st.sampled_from(Purpose),
    run=st.just("abc-1"),
    stage=st.integers(1, 20),
)

MATCHES = tuple(
    CanaryMatch.model_validate(each)
    for each in (
        {"headers": [{"name": "x-canary", "exact": "true"}]},
        {"cookie": {"name": "tester", "present": True}, "method": "GET"},
        {"queryParams": [{"name": "v", "prefix": "2"}], "sourceLabels": {"app": "basket"}},
    )
)
"""None of them tests what a rule above has a test of already."""
BUCKETS = (None, CanaryBucket(header="x-user-id"), CanaryBucket(cookie="uid", ids="Hexadecimal"))


@st.composite
def choosing_orders(draw: st.DrawFn) -> SetWeight:
    """A stage with canary matches, with a bucket, or with both, in either direction."""
    weight = Fraction(draw(st.integers(0, 99)), 100)
    matches = tuple(draw(st.lists(st.sampled_from(MATCHES), min_size=weight == 0, unique_by=id)))
    bucket = draw(st.sampled_from(BUCKETS)) if weight > 0 else None
    swapped = draw(st.booleans())
    by_place = 1 - weight if swapped else weight
    service = None if swapped or weight == 0 else draw(st.sampled_from([None, "checkout-testers"]))
    order = SetWeight(by_place, Purpose.STAGE, "abc-1", 1, matches=matches, bucket=bucket, reversed=swapped)
    return replace(order, match_service=service if matches else None)


@st.composite
def mirroring_orders(draw: st.DrawFn) -> SetWeight:
    """A stage in which nobody has the new revision, and it gets copies, in either direction."""
    swapped, share = draw(st.booleans()), draw(SHARES.filter(bool))
    copies = Copies(percentage=share, unsafe=draw(st.booleans()))
    return SetWeight(Fraction(int(swapped)), Purpose.STAGE, "abc-1", 1, copies=copies, reversed=swapped)


any_orders = orders | choosing_orders() | mirroring_orders()


@st.composite
def keeping_orders(draw: st.DrawFn) -> SetWeight:
    """A stage in which users keep their version, after any others, in either direction."""
    weights = sorted(draw(st.sets(SHARES.filter(lambda share: 0 < share < 1), min_size=1, max_size=4)))
    matches = tuple(draw(st.lists(st.sampled_from(MATCHES[:1] + MATCHES[2:]), unique_by=id)))
    swapped = draw(st.booleans())
    by_place = 1 - weights[-1] if swapped else weights[-1]
    cookies = drawn(*(float(weight * 100) for weight in weights), name=draw(st.sampled_from([None, "release"])))
    return SetWeight(by_place, Purpose.STAGE, "abc-1", 1, matches=matches, cookies=cookies, reversed=swapped)
