from typing import Any

import pytest

from canary_operator.providers.workloads.endpoints import SERVICE_NAME, ready_endpoints, unlike_the_canary


def a_slice(*endpoints: dict[str, Any], service: str = "checkout") -> dict[str, Any]:
    return {"metadata": {"labels": {SERVICE_NAME: service}}, "endpoints": list(endpoints)}


def an_endpoint(pod: str, address: str = "10.1.0.1", conditions: dict[str, bool] | None = None) -> dict[str, Any]:
    return {"addresses": [address], "targetRef": {"uid": pod}, "conditions": conditions or {}}


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [({"ready": True}, 1), ({}, 1), ({"ready": False}, 0), ({"ready": True, "terminating": True}, 0)],
)
def test_an_endpoint_counts_while_it_takes_new_requests(conditions: dict[str, bool], counts: int) -> None:
    """Not when it is not ready or on its way out; an unknown readiness is one, as the API says."""
    assert ready_endpoints([a_slice(an_endpoint("a", conditions=conditions))], "checkout") == counts


def test_a_pod_with_two_addresses_counts_once() -> None:
    """IPv4 and IPv6 stand in slices of their own."""
    slices = [a_slice(an_endpoint("a", "10.1.0.1")), a_slice(an_endpoint("a", "fd00::1"), an_endpoint("b", "fd00::2"))]
    assert ready_endpoints(slices, "checkout") == 2


def test_other_services_do_not_count() -> None:
    """Slices belong to one Service each; an endpoint without a pod counts by its address."""
    bare = {"addresses": ["10.1.0.9"]}
    slices = [a_slice(an_endpoint("a"), service="checkout-canary"), a_slice(bare), {"metadata": {}, "endpoints": None}]
    assert ready_endpoints(slices, "checkout") == 1


def test_a_service_without_the_canarys_pods_is_named() -> None:
    """Before anybody is sent through it; without a canary there is nothing to compare with."""
    problem = unlike_the_canary("testers", 0, 2)
    assert problem is not None
    assert "Service testers has no ready endpoint, and the canary has 2" in problem.message
    assert unlike_the_canary("testers", 0, 0) is None
    assert unlike_the_canary("testers", 1, 2) is None
