"""The rules of an HTTPRoute as they are written, by their places."""

from collections.abc import Mapping, Sequence
from typing import Any

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import Backend, is_service, weight

MOST_RULES = 16
"""So many rules the API takes in one HTTPRoute."""
MOST_MATCHES = 128
"""So many matches in all of them; in one of them half as many."""
MOST_TESTS = 16
"""So many headers, and as many parameters, in one match."""


def rules(live: Object) -> list[Object]:
    return (live.get("spec") or {}).get("rules") or []


def name_of(live: Object, place: int) -> str | None:
    """Clusters with a Gateway API before 1.4 know no names of rules."""
    name = rules(live)[place].get("name")
    return str(name) if name else None


def label(live: Object, place: int) -> str:
    """What a person knows the rule by: `primary`, `rules[1] (without a name)`."""
    return name_of(live, place) or f"rules[{place}] (without a name)"


def named(live: Object, name: str | None) -> list[int]:
    """The rules that are meant by this name; without a name any, so it means one only where there is no other."""
    return [place for place in range(len(rules(live))) if name is None or name_of(live, place) == name]


def matches(live: Object, place: int) -> list[Mapping[str, Any]]:
    """Its alternatives: without any written it takes everything."""
    return rules(live)[place].get("matches") or [{}]


def backends(live: Object, place: int) -> list[Backend]:
    return rules(live)[place].get("backendRefs") or []


def backends_of(live: Object, place: int, service: str) -> list[int]:
    """Every backend of this rule that is the Service."""
    namespace = live["metadata"]["namespace"]
    return [index for index, each in enumerate(backends(live, place)) if is_service(each, service, namespace)]


def redirects(live: Object, place: int) -> bool:
    return any(each.get("type") == "RequestRedirect" for each in rules(live)[place].get("filters") or ())


def rewrites_prefix(live: Object, place: int) -> bool:
    """Whether a filter puts something else in place of the prefix that matched."""
    rule = rules(live)[place]
    every = [rule, *backends(live, place)]
    paths = [_rewrite(each) for one in every for each in one.get("filters") or ()]
    return any(path.get("type") == "ReplacePrefixMatch" for path in paths)


def _rewrite(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return (found.get("urlRewrite") or {}).get("path") or {}


def with_rules(live: Object, exchanged: Sequence[Object]) -> Object:
    """The live object with other rules; all else is shared with it, unknown fields included."""
    return {**live, "spec": {**live["spec"], "rules": list(exchanged)}}


def with_backends(live: Object, place: int, exchanged: Sequence[Backend]) -> Object:
    every = list(rules(live))
    every[place] = {**every[place], "backendRefs": list(exchanged)}
    return with_rules(live, every)


def filled_in(live: Object) -> Object:
    """As the API server would store it: with a weight for each backend."""
    for place in range(len(rules(live))):
        if backends(live, place):
            live = with_backends(live, place, [{**each, "weight": weight(each)} for each in backends(live, place)])
    return live
