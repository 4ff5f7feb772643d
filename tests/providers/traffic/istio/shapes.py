"""VirtualServices, asked-for splits and orders, as the tests of this folder write them."""

import copy
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.cookies import Cookies, Drawn
from canary_operator.core.copies import Copies
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.destinations import Address
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.rules import Kind
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector
from canary_operator.providers.traffic.partly import Partly

ROLLOUT = "shop/checkout"


def a_destination(host: str, weight: int | None = None, **more: Any) -> dict[str, Any]:
    return {"destination": {"host": host}} | ({} if weight is None else {"weight": weight}) | more


def a_rule(*route: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, "route": [dict(each) for each in route]}


def a_virtual_service(
    *http: Mapping[str, Any], annotations: Mapping[str, str] | None = None, **lower: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """`lower` are its rules of the kinds tls and tcp."""
    metadata: dict[str, Any] = {"name": "checkout", "namespace": "shop"}
    if annotations:
        metadata["annotations"] = dict(annotations)
    spec = {"hosts": ["checkout.example.com"], "http": [dict(each) for each in http], **lower}
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec}


def a_split(  # noqa: PLR0913 -- a split is all of these
    route: str | Selector | None = None,
    *,
    stable: str = "checkout",
    canary: str | None = None,
    rollout: str = ROLLOUT,
    more: Sequence[str | Selector] = (),
    subsets: Mapping[str, str] | None = None,
) -> Asked:
    """`route` is the name of an http route, or any other route; `more` are split along, between `subsets` perhaps."""
    wanted = tuple(HttpRoute(one) if one is None or isinstance(one, str) else one for one in (route, *more))
    names = (subsets or {}).get
    canary = stable if subsets else canary or f"{stable}-canary"
    arms = [Address(service_host(host, "shop"), names(arm)) for host, arm in ((stable, "stable"), (canary, "canary"))]
    return Asked(rollout, wanted, arms[0], arms[1])


_OF_ORDERS = {"matches", "matchService", "bucket", "cookies", "mirrors", "unsafe"}


def asked_in(intent: Mapping[str, Any]) -> Asked:
    """What the `intent.yaml` of a golden folder asks for."""
    rest = {key: value for key, value in intent.items() if key not in _OF_ORDERS | {"tcp", "tls"}}
    lower = [
        Lower.model_validate(each)
        for key, Lower in (("tcp", TcpRoute), ("tls", TlsRoute))
        for each in listed(intent.get(key))
    ]
    if lower:
        return a_split(lower[0], more=lower[1:], **rest)
    first, *more = listed(rest.pop("route", None)) or [None]
    return a_split(first, more=more, **rest)


def listed(wanted: Any) -> list[Any]:
    """An intent names one route, or a list of them."""
    if wanted is None:
        return []
    return list(wanted) if isinstance(wanted, list) else [wanted]


def a_weight(
    percent: str | float, purpose: Purpose = Purpose.STAGE, *, run: str = "abc-1", stage: int = 1, **chosen: Any
) -> SetWeight:
    return SetWeight(Fraction(str(percent)) / 100, purpose, run, stage, **chosen)


def a_mirror(percent: str | float, *, unsafe: bool = False) -> Copies:
    return Copies(percentage=Fraction(str(percent)) / 100, unsafe=unsafe)


def drawn(*percents: str | float, run: str = "abc-1", **cookie: Any) -> Cookies:
    """The cookies of a stage, the last of these, after all others."""
    earlier = [Drawn(stage=at, weight=Fraction(str(one)) / 100) for at, one in enumerate(percents[:-1], start=1)]
    return Cookies(**{"ttl": "48h", "run": run, "stage": len(percents), "earlier": tuple(earlier), **cookie})


def a_stage(shares: Sequence[Fraction], number: int, *, run: str = "abc-1", swapped: bool = False) -> SetWeight:
    """The order of a stage, counted from 1, of a run with these shares."""
    share = shares[number - 1]
    earlier = tuple(Drawn(stage=at, weight=one) for at, one in enumerate(shares[: number - 1], start=1))
    cookies = Cookies(ttl="48h", run=run, stage=number, earlier=earlier)
    place = 1 - share if swapped else share
    return SetWeight(place, Purpose.STAGE, run, number, cookies=cookies, reversed=swapped)


def percents(*numbers: int) -> list[Fraction]:
    return [Fraction(number, 100) for number in numbers]


def orders_in(intent: Mapping[str, Any]) -> dict[str, SetWeight]:
    """A run with the matches, the bucket and the cookie of a golden folder, as a plan orders them; file → order."""
    matches = tuple(CanaryMatch.model_validate(each) for each in intent.get("matches", ()))
    bucket = CanaryBucket.model_validate(intent["bucket"]) if "bucket" in intent else None
    dark = {"dark": a_weight(0, stage=1, matches=matches)} if matches else {}
    unsafe = bool(intent.get("unsafe"))
    dark |= {
        f"mirror-{share}": a_weight(0, copies=a_mirror(share, unsafe=unsafe)) for share in intent.get("mirrors", ())
    }
    chosen: dict[str, Any] = {"matches": matches, "match_service": intent.get("matchService"), "bucket": bucket}
    weights = ("0.5", "5", "25")
    cookies = [drawn(*weights[:at], **intent["cookies"]) if "cookies" in intent else None for at in (1, 2, 3)]
    staged = {
        name: a_weight(name, stage=stage, **chosen, cookies=cookies[stage - 1])
        for stage, name in enumerate(weights, start=1)
    }
    return {**dark, **staged, "100": a_weight(100, stage=4), "0": a_weight(0, Purpose.ROLL_BACK, stage=4)}


def rolled_back() -> SetWeight:
    return a_weight(0, Purpose.ROLL_BACK)


def at(live: Object, order: SetWeight, split: Asked | None = None) -> Object:
    """The object with this weight; the test fails on a problem."""
    after = desired(live, split or a_split(), order)
    assert not isinstance(after, Partly | Problem), after
    return after


def given_back(live: Object, split: Asked | None = None) -> Object:
    after = restored(live, split or a_split())
    assert not isinstance(after, Problem), after.message
    return after


def route_of(live: Object, index: int = 0, kind: Kind = "http") -> Any:
    return live["spec"][kind][index]["route"]


def weights_of(live: Object, index: int = 0, kind: Kind = "http") -> dict[str, int | None]:
    """Host → weight, as they stand."""
    return {each["destination"]["host"]: each.get("weight") for each in route_of(live, index, kind)}


SPLIT = a_split("primary")


def names(live: Object) -> list[str]:
    return [rule.get("name", "") for rule in live["spec"]["http"]]


def as_sent(live: Object) -> Any:
    """Through JSON, in which no two places share one value."""
    return json.loads(json.dumps(live))


def seen(live: Object, split: Asked = SPLIT) -> Route:
    found = current(live, split)
    assert isinstance(found, Route), found
    return found


def edited(live: Object, change: Any) -> Any:
    """`change` gets the list of http rules."""
    found = copy.deepcopy(dict(live))
    change(found["spec"]["http"])
    return found
