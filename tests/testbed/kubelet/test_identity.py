from typing import Any

from testbed.kubelet.identity import Service, istio_labels, scrape_labels, workload_of


def metadata(**labels: str) -> dict[str, Any]:
    return {
        "name": "checkout-7d9f-abcde",
        "namespace": "shop",
        "labels": {"app": "checkout", "pod-template-hash": "7d9f", **labels},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-7d9f"}],
    }


def service(name: str, created: str, **selector: str) -> Service:
    return Service("shop", name, selector, created)


def test_the_workload_is_the_deployment() -> None:
    """The template's hash is cut off the ReplicaSet's name; a pod of its own is its own workload."""
    assert workload_of(metadata()) == "checkout"
    assert workload_of({"name": "lonely", "namespace": "shop"}) == "lonely"


def test_the_oldest_service_that_selects_the_pod_is_reported() -> None:
    """A pod has one destination_service, however many Services select it."""
    services = [
        service("young", "2026-02-01T00:00:00Z", app="checkout"),
        service("old", "2026-01-01T00:00:00Z", app="checkout"),
        service("other", "2025-01-01T00:00:00Z", app="cart"),
        service("headless", "2024-01-01T00:00:00Z"),
        Service("elsewhere", "oldest", {"app": "checkout"}, "2023-01-01T00:00:00Z"),
    ]
    labels = istio_labels(metadata(), services)
    assert labels["destination_service"] == "old.shop.svc.cluster.local"
    assert istio_labels(metadata(), [])["destination_service"] == "unknown"


def test_the_revision_is_the_version_label() -> None:
    """As Istio names it, and `latest` without one."""
    assert istio_labels(metadata(version="v2"), [])["destination_canonical_revision"] == "v2"
    assert istio_labels(metadata(), [])["destination_canonical_revision"] == "latest"


def test_scraping_adds_the_pods_labels_in_the_form_of_prometheus() -> None:
    """Signs that Prometheus doesn't allow become underscores; namespace and pod are always the real ones."""
    pod = {"metadata": metadata(**{"app.kubernetes.io/name": "x", "pod": "lie"}), "spec": {"nodeName": "node-a"}}
    labels = scrape_labels(pod)
    assert (labels["namespace"], labels["pod"], labels["node"]) == ("shop", "checkout-7d9f-abcde", "node-a")
    assert labels["app_kubernetes_io_name"] == "x"
