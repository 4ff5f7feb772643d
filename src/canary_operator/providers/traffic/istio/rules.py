"""The http rules of a VirtualService as they are written."""

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Destination, host, resolved


def rules(live: Object) -> list[Object]:
    return (live.get("spec") or {}).get("http") or []


def name_of(live: Object, index: int) -> str | None:
    name = rules(live)[index].get("name")
    return str(name) if name else None


def destinations(live: Object, index: int) -> list[Destination]:
    return rules(live)[index].get("route") or []


def places(live: Object, index: int, wanted: str) -> list[int]:
    """Every destination of this rule that means the wanted host (in full), in any port and subset."""
    namespace = live["metadata"]["namespace"]
    found = enumerate(destinations(live, index))
    return [place for place, each in found if resolved(host(each), namespace) == wanted]
