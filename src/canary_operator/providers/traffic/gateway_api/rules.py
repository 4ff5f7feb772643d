"""The rules of an HTTPRoute as they are written, by their places."""

from collections.abc import Sequence

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import Backend, is_service, weight


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


def backends(live: Object, place: int) -> list[Backend]:
    return rules(live)[place].get("backendRefs") or []


def backends_of(live: Object, place: int, service: str) -> list[int]:
    """Every backend of this rule that is the Service."""
    namespace = live["metadata"]["namespace"]
    return [index for index, each in enumerate(backends(live, place)) if is_service(each, service, namespace)]


def redirects(live: Object, place: int) -> bool:
    return any(each.get("type") == "RequestRedirect" for each in rules(live)[place].get("filters") or ())


def with_backends(live: Object, place: int, exchanged: Sequence[Backend]) -> Object:
    """The live object with other backends in this rule; all else is shared with it, unknown fields included."""
    every = list(rules(live))
    every[place] = {**every[place], "backendRefs": list(exchanged)}
    return {**live, "spec": {**live["spec"], "rules": every}}


def filled_in(live: Object) -> Object:
    """As the API server would store it: with a weight for each backend."""
    for place in range(len(rules(live))):
        if backends(live, place):
            live = with_backends(live, place, [{**each, "weight": weight(each)} for each in backends(live, place)])
    return live
