"""What a rollout's spec asks of each VirtualService that it names."""

from fractions import Fraction

from canary_operator.core.cookies import cookies_at
from canary_operator.core.copies import copies_at
from canary_operator.core.plan import pinned_plan
from canary_operator.ports import Target
from canary_operator.providers.traffic.istio.destinations import Address, service_host
from canary_operator.providers.traffic.istio.managed import Managed
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.selectors import selectors

_ANY = Fraction(1, 2)
"""Whether something can be inserted does not depend on the weight."""


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


def managed_of(target: Target) -> Managed | None:
    """What rules of ours would be made from, at any weight; None where none are asked for."""
    plan = pinned_plan(target.spec)
    mirror = next((stage.mirror for stage in plan.stages if stage.mirror is not None), None)
    if not plan.matches and plan.bucket is None and plan.cookie is None and mirror is None:
        return None
    return Managed(
        matches=plan.matches,
        bucket=plan.bucket,
        cookies=cookies_at(plan, "", _ANY),
        copies=copies_at(plan, mirror),
    )
