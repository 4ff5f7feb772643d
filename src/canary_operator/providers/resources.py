"""The kinds of Kubernetes objects that we read or write, by their place in the API."""

from dataclasses import dataclass

from canary_operator.api.model import GROUP, KIND, PLURAL, VERSION


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind; an empty group is the core group."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


ROLLOUTS = Resource(GROUP, VERSION, PLURAL, KIND)
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
VIRTUAL_SERVICES = Resource("networking.istio.io", "v1", "virtualservices", "VirtualService")
DESTINATION_RULES = Resource("networking.istio.io", "v1", "destinationrules", "DestinationRule")
HTTP_ROUTES = Resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute")
SERVICES = Resource("", "v1", "services", "Service")
PODS = Resource("", "v1", "pods", "Pod")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
EVENTS = Resource("events.k8s.io", "v1", "events", "Event")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")

WATCHED = (ROLLOUTS, DEPLOYMENTS, VIRTUAL_SERVICES, HTTP_ROUTES, DESTINATION_RULES)
"""The store keeps these up to date by watches; everything else is read when it is needed."""
OPTIONAL = frozenset({HTTP_ROUTES, DESTINATION_RULES})
"""A cluster without these kinds is as it should be; only rollouts that ask for one are told."""
