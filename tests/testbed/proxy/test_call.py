import pytest

from testbed.proxy.call import Call, read

SHOP = "/apis/apps/v1/namespaces/shop"


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("GET", f"{SHOP}/deployments/web", Call("get", "deployments", "shop", "web")),
        ("GET", f"{SHOP}/deployments?limit=500", Call("list", "deployments", "shop")),
        ("GET", f"{SHOP}/deployments?watch=true&resourceVersion=7", Call("watch", "deployments", "shop")),
        ("GET", "/apis/apps/v1/deployments?watch=1", Call("watch", "deployments")),
        ("PATCH", f"{SHOP}/deployments/web/status?a=b", Call("patch", "deployments", "shop", "web", "status")),
        ("POST", "/api/v1/namespaces/shop/services", Call("create", "services", "shop")),
        ("DELETE", "/api/v1/namespaces/shop/services/web", Call("delete", "services", "shop", "web")),
        ("PUT", "/api/v1/namespaces/shop", Call("update", "namespaces", "", "shop")),
        ("GET", "/api/v1/namespaces", Call("list", "namespaces")),
        ("GET", "/apis/apps/v1", Call("list")),
        ("GET", "/version", Call("list")),
    ],
)  # fmt: skip
def test_a_request_is_read_as_rbac_reads_it(method: str, target: str, call: Call) -> None:
    """Verb, resource, namespace, name and subresource, from the request line alone."""
    assert read(method, target) == call


def test_reading_is_no_step_and_neither_is_a_lease_or_an_event() -> None:
    """What keeps the right to write, and what people are told, belongs to no run."""
    assert read("PATCH", "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/web").is_step
    assert not read("GET", f"{SHOP}/deployments/web").is_step
    assert not read("PATCH", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/operator").is_step
    assert not read("POST", "/apis/events.k8s.io/v1/namespaces/shop/events").is_step
