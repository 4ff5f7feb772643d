"""Any VirtualService that Istio accepts, with one rule that can be split."""

from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.providers.traffic.istio.routes import Split
from tests.providers.traffic.istio.shapes import a_split

unhurried = settings(deadline=None, max_examples=60)
"""A busy machine is no failure."""

SHARES = st.integers(0, 1_000_000).map(lambda millionths: Fraction(millionths, 1_000_000))
"""All that the API can say: percentages with four decimals."""

extras = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.just({"request": {"set": {"x-team": "payments"}}}),
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
def split_rules(draw: st.DrawFn) -> Any:
    """The rule that a rollout splits: stable in any place, the canary perhaps, others perhaps."""
    others = draw(st.lists(foreign, max_size=3))
    canary = draw(st.lists(destinations(written("checkout-canary"), st.sampled_from([None, 0])), max_size=1))
    weights = st.integers(1, 200) if others or canary else st.none() | st.integers(0, 200)
    stable = draw(destinations(written("checkout"), weights))
    return draw(rule_extras) | {"route": draw(st.permutations([stable, *canary, *others]))}


@st.composite
def other_rules(draw: st.DrawFn, name: str) -> Any:
    route = draw(st.lists(foreign | destinations(written("checkout"), st.none() | st.integers(0, 9)), min_size=1))
    return draw(rule_extras) | {"name": name, "route": route}


@st.composite
def virtual_services(draw: st.DrawFn) -> tuple[Any, Split]:
    """An object and what a rollout asks of it."""
    rule = draw(split_rules())
    around = [draw(other_rules(name)) for name in draw(st.lists(st.sampled_from("abc"), max_size=2, unique=True))]
    named = bool(around) or draw(st.booleans())
    rule = rule | ({"name": "primary"} if named else {})
    http = draw(st.permutations([rule, *around]))
    notes = draw(st.dictionaries(st.sampled_from(["a", "b/c"]), st.just("x"), max_size=2))
    metadata = {"name": "checkout", "namespace": "shop"} | ({"annotations": notes} if notes else {})
    spec = {"hosts": ["checkout"], "http": http} | draw(rule_extras)
    return {"metadata": metadata, "spec": spec}, a_split("primary" if named else None)


orders = st.builds(
    SetWeight,
    weight=SHARES | st.sampled_from([Fraction(0), Fraction(1)]),
    purpose=st.sampled_from(Purpose),
    run=st.just("abc-1"),
    stage=st.integers(1, 20),
)
