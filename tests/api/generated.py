"""Specs made from the schema that the API server has: every value fits its own place, whatever it contradicts."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from canary_operator.api.cel import VALIDATIONS
from canary_operator.api.crd import crd
from canary_operator.api.structural import Schema

OWN = {"name": "reset", "promQL": "reset{service='$service'}", "outOf": "closed{service='$service'}"}
_MATCHES = "self.matches("


def spec_schema() -> Schema:
    schema: Schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def fitting(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that the schema takes, rules between fields apart."""
    return _KINDS[schema["type"]](schema)


def _objects(schema: Schema) -> st.SearchStrategy[Any]:
    if "additionalProperties" in schema:
        bounds = {"min_size": schema.get("minProperties", 0), "max_size": schema["maxProperties"]}
        return st.dictionaries(st.text("abc/.-", min_size=1), fitting(schema["additionalProperties"]), **bounds)
    parts = {name: fitting(inner) for name, inner in schema["properties"].items()}
    required = {name: part for name, part in parts.items() if name in schema.get("required", ())}
    optional = {name: part for name, part in parts.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _lists(schema: Schema) -> st.SearchStrategy[Any]:
    longest = min(schema["maxItems"], 4)
    return st.lists(fitting(schema["items"]), min_size=schema.get("minItems", 0), max_size=longest)


def _texts(schema: Schema) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    forms = [rule["rule"] for rule in schema.get(VALIDATIONS, ()) if rule["rule"].startswith(_MATCHES)]
    if forms:
        pattern = json.loads(forms[0].removeprefix(_MATCHES).removesuffix(")"))
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= schema["maxLength"])
    return st.text(
        st.characters(codec="ascii", categories=["L", "N"]), min_size=schema.get("minLength", 0), max_size=20
    )


def _integers(schema: Schema) -> st.SearchStrategy[Any]:
    return st.integers(schema["minimum"], schema["maximum"])


def _booleans(_schema: Schema) -> st.SearchStrategy[Any]:
    return st.booleans()


_KINDS: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _lists,
    "string": _texts,
    "integer": _integers,
    "boolean": _booleans,
}


def _matches(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With one test for each name, and no header beside a cookie."""
    return [{name: _tested(part) for name, part in item.items() if name != "headers"} or {"method": "GET"} for item in
            items]  # fmt: skip


def _tested(part: Any) -> Any:
    match part:
        case [*tests]:
            return [{"name": test["name"], "exact": "1"} for test in tests][:1]
        case {"name": name}:
            return {"name": name, "present": True}
        case {"exact": _} | {"prefix": _} | {"regex": _} | {}:
            return {"prefix": "/v2"}
    return part


def _bucket(bucket: dict[str, Any]) -> dict[str, Any]:
    return {"cookie": "uid"} | ({"ids": bucket["ids"]} if "ids" in bucket else {})


def _stickiness(_: dict[str, Any]) -> dict[str, Any]:
    return {"cookie": {"name": "release", "secure": False}}


_CHOSEN: dict[str, Callable[[Any], Any]] = {
    "canaryMatches": _matches,
    "canaryBucket": _bucket,
    "stickiness": _stickiness,
}


def coherent(spec: dict[str, Any]) -> dict[str, Any]:
    """The same spec without what it most often contradicts, so that many of them are good ones."""
    weights = sorted({f"{number}%" for number in (5, 25, 50)}, key=lambda weight: float(weight[:-1]))
    stages = [{"weight": weight, "duration": "10m"} for weight, _ in zip(weights, spec["stages"], strict=False)]
    subject = {"workload": spec["workload"]} if "workload" in spec else {"revision": spec.get("revision", "v2")}
    rest = {name: value for name, value in spec.items() if name not in {"workload", "revision", "maxDuration"}}
    if "istio" not in spec["traffic"]:
        return _split_http_route({**rest, **subject, "stages": stages})
    route = spec["traffic"]["istio"]["virtualServices"][0]
    for kind in [kind for kind in ("routes", "tcpRoutes", "tlsRoutes") if kind in route][1:]:
        route = {name: value for name, value in route.items() if name != kind}
    below_http = route.keys() & {"tcpRoutes", "tlsRoutes"}
    traffic = {**spec["traffic"], "istio": {"virtualServices": [route]}}
    chosen = {} if below_http else {name: make(traffic[name]) for name, make in _CHOSEN.items() if name in traffic}
    if "canaryBucket" in chosen:
        chosen.pop("stickiness", None)
    third = {"matchService": "third"} if {"matchService", "canaryMatches"} <= traffic.keys() and chosen else {}
    dropped = {*_CHOSEN, "matchService", "gatewayAPI", "mirror"}
    mirrors = "workload" in spec and not below_http and "canaryMatches" not in chosen
    mirror = {"mirror": spec["traffic"]["mirror"]} if mirrors and "mirror" in spec["traffic"] else {}
    stages = [{"mirror": "10%", "duration": "10m"}] * len(mirror) + stages
    traffic = {name: part for name, part in traffic.items() if name not in dropped} | chosen | third | mirror
    metric = OWN if below_http else {"preset": "istio-error-rate"}
    analysis = {**spec["analysis"], "warmup": "1m", "metrics": [{**metric, "maxIncrease": "50%"}]}
    return {**rest, **subject, "traffic": traffic, "stages": stages, "analysis": analysis}


def _split_http_route(spec: dict[str, Any]) -> dict[str, Any]:
    dropped = {*_CHOSEN, "matchService", "mirror"}
    traffic = {name: part for name, part in spec["traffic"].items() if name not in dropped}
    routes = traffic.get("gatewayAPI", {}).get("httpRoutes", [{"name": "checkout"}])[:1]
    metrics = [{"preset": "istio-error-rate", "maxIncrease": "50%"}]
    return {
        **spec,
        "traffic": {**traffic, "gatewayAPI": {"httpRoutes": routes}},
        "analysis": {**spec["analysis"], "warmup": "1m", "metrics": metrics},
    }


SPECS = fitting(spec_schema())
GOOD_SPECS = SPECS.map(coherent)
