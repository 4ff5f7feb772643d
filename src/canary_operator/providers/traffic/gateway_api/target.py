"""What a rollout's spec asks of each HTTPRoute that it names."""

from canary_operator.ports import Target
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.managed import managed_of


def http_routes(target: Target) -> tuple[str, ...]:
    """Their names, in the order of the spec."""
    return tuple(one.name for one in target.spec.traffic.http_routes)


def asked_of(target: Target, name: str) -> Asked:
    at, traffic = http_routes(target).index(name), target.spec.traffic
    return Asked(
        rollout=target.key,
        rules=traffic.http_routes[at].rules or (None,),
        stable=traffic.stable_service,
        canary=target.spec.canary_service,
        shares=tuple(stage.weight for stage in target.spec.stages),
        managed=managed_of(target),
        at=at,
    )
