"""What a rollout's spec asks of each VirtualService that it names."""

from canary_operator.ports import Target
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.destinations import Address
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.selectors import selectors
from canary_operator.providers.traffic.managed import managed_of


def virtual_services(target: Target) -> tuple[str, ...]:
    """Their names, in the order of the spec."""
    return tuple(one.name for one in target.spec.traffic.virtual_services)


def asked_of(target: Target, name: str) -> Asked:
    at, traffic = virtual_services(target).index(name), target.spec.traffic
    between = (None, None) if traffic.subsets is None else (traffic.subsets.stable, traffic.subsets.canary)
    return Asked(
        rollout=target.key,
        routes=selectors(traffic.virtual_services[at]),
        stable=Address(service_host(traffic.stable_service, target.namespace), between[0]),
        canary=Address(service_host(target.spec.canary_service, target.namespace), between[1]),
        managed=managed_of(target),
        at=at,
    )
