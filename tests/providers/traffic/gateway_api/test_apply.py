"""What is particular to HTTPRoutes; what every kind of route promises is in `test_contract.py`."""

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.resources import HTTP_ROUTES
from tests.providers.traffic.cluster import Cluster
from tests.providers.traffic.gateway_api.shapes import a_backend, a_rule
from tests.providers.traffic.istio.shapes import rolled_back
from tests.providers.traffic.kinds_of_routes import HTTP_ROUTE


async def test_a_cluster_without_http_routes_is_told_so() -> None:
    """The condition names what is to be installed; a rollback and a restore there find nothing to do."""
    cluster = Cluster(HTTP_ROUTE)
    cluster.store.listed, cluster.store.unserved = False, {HTTP_ROUTES}
    found = await cluster.traffic.look(HTTP_ROUTE.target())
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_NOT_FOUND
    assert (
        "does not serve httproutes.gateway.networking.k8s.io v1, or does not let the operator list them; install"
        in found.message
    )
    await cluster.set(rolled_back())
    await cluster.restore()


async def test_testers_that_cannot_be_told_apart_are_refused_by_the_first_look() -> None:
    """Before any run, because the spec asks for them."""
    match = [{"path": {"type": "PathPrefix", "value": "/"}, "method": "GET"}]
    cluster = Cluster(HTTP_ROUTE).holding(a_rule(a_backend("checkout", 1), name="primary", matches=match))
    found = await cluster.traffic.look(HTTP_ROUTE.target(canaryMatches=[{"method": "PUT"}]))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert "tests the method already, and traffic.canaryMatches[0] tests it too" in found.message
