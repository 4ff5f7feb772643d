from collections.abc import Container, Sequence

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object

SERVICE_NAME = "kubernetes.io/service-name"


def ready_endpoints(slices: Sequence[Object], service: str, among: Container[str] | None = None) -> int:
    """How many pods behind this Service take new requests; `among` these only, by uid.

    A pod with two address families stands in two slices and counts once. An absent `ready` means ready, as the API
    defines it.
    """
    found = {
        _who(endpoint)
        for piece in slices
        if (piece["metadata"].get("labels") or {}).get(SERVICE_NAME) == service
        for endpoint in piece.get("endpoints") or []
        if _takes_requests(endpoint.get("conditions") or {})
    }
    return len([one for one in found if among is None or one in among])


def unlike_the_canary(service: str, ready: int, of_the_canary: int) -> Problem | None:
    """Whoever is sent through a Service without a pod gets 503s, beside a canary that is well."""
    if ready > 0 or of_the_canary == 0:
        return None
    message = (
        f"Service {service} has no ready endpoint, and the canary has {of_the_canary}: let its selector and ports be "
        "those of the canary Service, or leave matchService out"
    )
    return Problem(reasons.SERVICE_UNSUPPORTED, message)


def _takes_requests(conditions: Object) -> bool:
    return conditions.get("ready") is not False and not conditions.get("terminating")


def _who(endpoint: Object) -> str:
    return str((endpoint.get("targetRef") or {}).get("uid") or endpoint["addresses"][0])
