"""The same shop behind an HTTPRoute of the Gateway API."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from testbed import gateway_api, istio
from testbed.errors import TestbedError
from testbed.shop.manifests import CANARY, NAME, Manifest, deployment, service
from testbed.shop.shop import Shop


class HTTPRouteShop(Shop):
    @property
    def url(self) -> str:
        return self.cluster.gateway_api_url

    def weight(self) -> int | float:
        return canary_share(self._route())

    def _application(self, tag: str, replicas: int) -> list[Manifest]:
        return [deployment(tag, replicas), service(), http_route(self.host)]

    def _route(self) -> dict[str, Any]:
        found = self._reader.one("gateway.networking.k8s.io/v1", "httproutes", NAME)
        if found is None:
            raise TestbedError(f"There is no HTTPRoute {NAME} in {self.namespace}.")
        return found


def http_route(host: str) -> Manifest:
    """With things that nobody may lose: a label, an annotation, a filter, a timeout, a second rule."""
    gone = {"type": "RequestRedirect", "requestRedirect": {"statusCode": 301, "hostname": "elsewhere.example"}}
    answered = {
        "type": "ResponseHeaderModifier",
        "responseHeaderModifier": {"set": [{"name": "x-shop", "value": "open"}]},
    }
    rules = [
        {"name": "old", "matches": [{"path": {"type": "PathPrefix", "value": "/old"}}], "filters": [gone]},
        {
            "name": "primary",
            "filters": [answered],
            "timeouts": {"request": "8s"},
            "backendRefs": [{"name": NAME, "port": 80}],
        },
    ]
    parent = {"name": gateway_api.NAME, "namespace": istio.NAMESPACE}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": NAME, "labels": {"team": "shop"}, "annotations": {"shop.example/contact": "#checkout"}},
        "spec": {"parentRefs": [parent], "hostnames": [host], "rules": rules},
    }


def canary_share(route: Mapping[str, Any]) -> int | float:
    """The canary's share of the rule `primary`, in percent."""
    backends = next(rule["backendRefs"] for rule in route["spec"]["rules"] if rule["name"] == "primary")
    weights = Counter({each["name"]: each["weight"] for each in backends})
    total = weights.total()
    share = 100 * weights[CANARY] / total if total else 0
    return int(share) if share == int(share) else share
