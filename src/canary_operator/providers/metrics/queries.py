"""The questions in PromQL: pure, no client.

An arm is a Service. `destination_service_name` and `destination_service_namespace` come from the caller's route, not
from the pod that answered, so they are right even for a 503 of a request that never reached any pod, where
`destination_workload` and the revision are unknown. Only callers (`reporter="source"`, or a waypoint) see those.

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
SERVED, QUICK, UNCODED = "served", "quick", "uncoded"
NAMES_LIMIT = 500
"""With more Services a query names only their namespaces: 2000 names cost Prometheus 50 % more time (39 instead of
26 ms beside 4000 series) and make a query of 80 KB, which its query log would hold once per look."""

_REQUESTS = "istio_requests_total"
_DURATIONS = "istio_request_duration_milliseconds_bucket"
_FAILED = 'response_code=~"5.."'
"""Code 0 is a caller that gave up: counted, but nobody's fault on our side."""
_GRPC_FAILED = 'response_code!~"5..",grpc_response_status=~"2|4|12|13|14|15"'
"""gRPC fails with HTTP 200. UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS are those
that map to a 5xx (google.rpc.Code) and that OpenTelemetry calls a server's errors; the rest is the caller's fault or
an answer. Istio sets the label for gRPC only, so the protocol need not be asked for."""
_WENT_WELL = 'response_code!~"5..",grpc_response_status!~"2|4|12|13|14|15"'
"""Neither of them, or the proxy does not say how the request ended, as not every one does beside a duration."""


class Service(NamedTuple):
    """A Kubernetes Service; one arm of a rollout."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def history(services: Collection[Service], labels: Mapping[str, str]) -> str:
    """Per Service and kind of reporter the requests and the bad ones, every ten seconds of the last half hour."""
    by = "destination_service_namespace,destination_service_name,reporter"
    return f"({_by_class(_selector(services, labels), by)})[30m:10s]"


def counters(services: Collection[Service], labels: Mapping[str, str]) -> str:
    """Per Service and source the requests and the bad ones, per source the newest scrape; all at one instant."""
    chosen = _selector(services, labels)
    source = ",".join(("reporter", *IDENTITY))
    scraped = f"max by({source})(timestamp({_REQUESTS}{{{chosen}}}))"
    arms = _by_class(chosen, f"destination_service_namespace,destination_service_name,{source}")
    return f"{arms} or {_classed(scraped, SCRAPED)}"


def present(namespaces: Collection[str], labels: Mapping[str, str]) -> str:
    """Which Services have requests at all, and by whom they are counted."""
    matchers = [f"{label}={_quoted(value)}" for label, value in labels.items()]
    matchers.append(f'destination_service_namespace=~"{_any(namespaces)}"')
    by = "destination_service_namespace,destination_service_name,reporter"
    return f"group by({by})({_REQUESTS}{{{','.join(matchers)}}})"


def samples(service: Service, identity: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """The raw samples of one source with their own times; they show the scrape interval."""
    return f"{_REQUESTS}{{{_selector([service], {**labels, **identity})}}}[5m]"


def durations(services: Collection[Service], labels: Mapping[str, str]) -> str:
    """The 99th percentile of the request duration in milliseconds, per Service and kind of reporter."""
    by = "destination_service_namespace,destination_service_name,reporter,le"
    return f"histogram_quantile(0.99,sum by({by})(rate({_DURATIONS}{{{_selector(services, labels)}}}[5m])))"


def spread(services: Collection[Service], labels: Mapping[str, str]) -> str:
    """Per Service and kind of reporter the durations of the last half hour."""
    by = "destination_service_namespace,destination_service_name,reporter"
    return _durations_by_class(_selector(services, labels), by, [".+"], over="30m")


def slow(services: Collection[Service], labels: Mapping[str, str], boundaries: Collection[str]) -> str:
    """Per Service and source the requests, and those within each boundary; per source the newest scrape."""
    chosen = _selector(services, labels)
    source = ",".join(("reporter", *IDENTITY))
    by = f"destination_service_namespace,destination_service_name,{source}"
    scraped = f"max by({source})(timestamp({_REQUESTS}{{{chosen}}}))"
    return f"{_durations_by_class(chosen, by, _literal(boundaries))} or {_classed(scraped, SCRAPED)}"


def slow_history(services: Collection[Service], labels: Mapping[str, str], boundaries: Collection[str]) -> str:
    """The same per kind of reporter, every ten seconds of the last half hour."""
    by = "destination_service_namespace,destination_service_name,reporter"
    return f"({_durations_by_class(_selector(services, labels), by, _literal(boundaries))})[30m:10s]"


def _durations_by_class(chosen: str, by: str, boundaries: Collection[str], over: str = "") -> str:
    """Proxies merge their histograms now and then, so all of it comes from the histogram, and is of one moment."""

    def of(metric: str, more: str) -> str:
        series = f"{metric}{{{chosen},{more}}}"
        return f"increase({series}[{over}])" if over else series

    every = 'le="+Inf"'
    within = f'le=~"{"|".join(sorted(boundaries))}",{_WENT_WELL}'
    bad = f"{of(_REQUESTS, _FAILED)} or {of(_REQUESTS, _GRPC_FAILED)}"
    parts = (
        (SERVED, by, of(_DURATIONS, every)),
        (UNCODED, by, of(_DURATIONS, f'{every},response_code=""')),
        (QUICK, f"{by},le", of(_DURATIONS, within)),
        (BAD, by, bad),
    )
    return " or ".join(_classed(f"sum by({labels})({counted})", name) for name, labels, counted in parts)


def _literal(boundaries: Collection[str]) -> list[str]:
    """Numbers; of what stands in them only the point means something else in a pattern."""
    return [boundary.replace(".", "[.]").replace("+", "[+]") for boundary in boundaries]


def _by_class(chosen: str, by: str) -> str:
    every, failed, grpc = (f"{_REQUESTS}{{{chosen}{more}}}" for more in ("", f",{_FAILED}", f",{_GRPC_FAILED}"))
    return f"{_classed(f'sum by({by})({every})', ALL)} or {_classed(f'sum by({by})({failed} or {grpc})', BAD)}"


def _classed(part: str, name: str) -> str:
    return f'label_replace({part},"{CLASS}","{name}","","")'


def _selector(services: Collection[Service], labels: Mapping[str, str]) -> str:
    names = {service.name for service in services}
    namespaces = {service.namespace for service in services}
    matchers = [f'reporter=~"{_any(REPORTERS)}"'] if "reporter" not in labels else []
    matchers += [f"{label}={_quoted(value)}" for label, value in labels.items()]
    if len(namespaces) <= NAMES_LIMIT:
        matchers.append(f'destination_service_namespace=~"{_any(namespaces)}"')
    if len(names) <= NAMES_LIMIT:
        matchers.append(f'destination_service_name=~"{_any(names)}"')
    return ",".join(matchers)


def _any(names: Collection[str]) -> str:
    """Kubernetes lets names of Services and namespaces hold letters, digits and hyphens: nothing to escape."""
    return "|".join(sorted(names))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
