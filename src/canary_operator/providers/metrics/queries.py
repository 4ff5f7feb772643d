"""The questions in PromQL: pure, no client.

An arm is a Service, or where both are behind one Service a workload. `destination_service_name` and
`destination_service_namespace` come from the caller's route, not from the pod that answered, so they are right even
for a 503 of a request that never reached any pod, where `destination_workload` and the revision are unknown. Only
callers (`reporter="source"`, or a waypoint) see those. So the requests to a subset that has no pod are in neither
workload's count; a canary that has lost its pods is known by its endpoints.

Counters are read raw: `rate()` and `increase()` lose everything before the first scrape of a series, which is exactly
where a broken canary fails, and extrapolate to fractions.
"""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

REPORTERS = ("source", "waypoint")
IDENTITY = ("cluster", "namespace", "pod", "instance", "job", "prometheus_replica", "replica")
"""Labels that tell one reporting process from another, or one copy of its series from another copy."""
CLASS = "class"
"""Label of our own that says which part of the answer a row belongs to."""
ALL, BAD, SCRAPED = "all", "bad", "scraped"
NAMES_LIMIT = 500
"""With more Services a query names only their namespaces: 2000 names cost Prometheus 50 % more time (39 instead of
26 ms beside 4000 series) and make a query of 80 KB, which its query log would hold once per look."""

_REQUESTS = "istio_requests_total"
FAILED = 'response_code=~"5.."'
"""Code 0 is a caller that gave up: counted, but nobody's fault on our side."""
GRPC_FAILED = 'response_code!~"5..",grpc_response_status=~"2|4|12|13|14|15"'
"""gRPC fails with HTTP 200. UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS are those
that map to a 5xx (google.rpc.Code) and that OpenTelemetry calls a server's errors; the rest is the caller's fault or
an answer. Istio sets the label for gRPC only, so the protocol need not be asked for."""


SERVICE, WORKLOAD = "destination_service_name", "destination_workload"
_NAMESPACE, _WORKLOADS_NAMESPACE = "destination_service_namespace", "destination_workload_namespace"


class Counted(NamedTuple):
    """What is counted of an arm, and by whom."""

    metric: str
    failed: tuple[str, ...]
    """Selectors of the series that are bad, each without the others'."""
    arm: str = SERVICE
    """The label that names the arm."""
    namespace: str = _NAMESPACE
    """The label that names the arm's namespace."""
    reporters: tuple[str, ...] = REPORTERS

    @property
    def by(self) -> str:
        return f"{self.namespace},{self.arm}"


REQUESTS = Counted(_REQUESTS, (FAILED, GRPC_FAILED))
CONNECTIONS = Counted("istio_tcp_connections_opened_total", ())
"""Nobody says of them whether they ended well in a way that holds for every protocol."""
OF_WORKLOADS = REQUESTS._replace(arm=WORKLOAD)
CONNECTIONS_OF_WORKLOADS = CONNECTIONS._replace(arm=WORKLOAD)
OF_PODS = REQUESTS._replace(arm=WORKLOAD, namespace=_WORKLOADS_NAMESPACE, reporters=("destination",))
"""A pod knows whose it is. Which Service was asked for it does not: of several that select it, it names the oldest."""


class Service(NamedTuple):
    """A Kubernetes Service, or a workload behind one; one arm of a rollout."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def arm_in(labels: Mapping[str, str]) -> Service:
    """Whom a row of an answer is about."""
    namespace = labels.get(_NAMESPACE) or labels.get(_WORKLOADS_NAMESPACE, "")
    return Service(namespace, labels.get(SERVICE) or labels.get(WORKLOAD, ""))


def history(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """Per Service and kind of reporter the requests and the bad ones, every ten seconds of the last half hour."""
    chosen = selector_of(services, labels, counted)
    return f"({_by_class(chosen, f'{counted.by},reporter', counted)})[30m:10s]"


def pods(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """Per Service and pod the requests and the bad ones, as the pods report them."""
    chosen = selector_of(services, {**labels, "reporter": "destination"}, counted)
    return _by_class(chosen, f"{counted.by},pod", counted)


def pods_history(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """The same every minute of the last half hour."""
    return f"({pods(services, labels, counted)})[30m:1m]"


def counters(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """Per Service and source the requests and the bad ones, per source the newest scrape; all at one instant."""
    chosen = selector_of(services, labels, counted)
    source = ",".join(("reporter", *IDENTITY))
    scraped = f"max by({source})(timestamp({counted.metric}{{{chosen}}}))"
    arms = _by_class(chosen, f"{counted.by},{source}", counted)
    return f"{arms} or {classed(scraped, SCRAPED)}"


def present(namespaces: Collection[str], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """Which arms have requests at all, and by whom they are counted."""
    matchers = [f"{label}={quoted(value)}" for label, value in labels.items()]
    matchers.append(f'{counted.namespace}=~"{_any(namespaces)}"')
    return f"group by({counted.by},reporter)({counted.metric}{{{','.join(matchers)}}})"


def samples(
    service: Service, identity: Mapping[str, str], labels: Mapping[str, str], counted: Counted = REQUESTS
) -> str:
    """The raw samples of one source with their own times; they show the scrape interval."""
    return f"{counted.metric}{{{selector_of([service], {**labels, **identity}, counted)}}}[5m]"


def _by_class(chosen: str, by: str, counted: Counted) -> str:
    every = f"{counted.metric}{{{chosen}}}"
    failed = " or ".join(f"{counted.metric}{{{chosen},{selector}}}" for selector in counted.failed)
    asked = [(every, ALL), *([(failed, BAD)] if failed else [])]
    return " or ".join(classed(f"sum by({by})({series})", kind) for series, kind in asked)


def classed(part: str, name: str) -> str:
    return f'label_replace({part},"{CLASS}","{name}","","")'


def selector_of(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    names = {service.name for service in services}
    namespaces = {service.namespace for service in services}
    matchers = [f'reporter=~"{_any(counted.reporters)}"'] if "reporter" not in labels else []
    matchers += [f"{label}={quoted(value)}" for label, value in labels.items()]
    if len(namespaces) <= NAMES_LIMIT:
        matchers.append(f'{counted.namespace}=~"{_any(namespaces)}"')
    if len(names) <= NAMES_LIMIT:
        matchers.append(f'{counted.arm}=~"{_any(names)}"')
    return ",".join(matchers)


def _any(names: Collection[str]) -> str:
    """Names of Services and namespaces hold letters, digits and hyphens; those of workloads may hold points."""
    return "|".join(sorted(names)).replace(".", "[.]")


def quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
