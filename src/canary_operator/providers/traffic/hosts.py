"""What a Service is called in a route."""

CLUSTER_DOMAIN = "cluster.local"


def service_host(service: str, namespace: str) -> str:
    """`checkout`, `shop` → `checkout.shop.svc.cluster.local`."""
    return f"{service}.{namespace}.svc.{CLUSTER_DOMAIN}"
