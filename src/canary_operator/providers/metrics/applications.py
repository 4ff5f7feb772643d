"""The questions in PromQL for requests that applications count by themselves: pure, no client.

The answers look as those about Istio's counters do, each pod a source of its own, so that everything else is the same.
Requests that reach no pod are in nobody's count here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from canary_operator.api.metric import RequestCounter
from canary_operator.providers.metrics.queries import ALL, BAD, CLASS, SCRAPED, Service, quoted

REPORTER = "application"


@dataclass(frozen=True, slots=True)
class Application:
    """How both arms' pods count their requests by themselves."""

    counter: RequestCounter
    pods: tuple[tuple[Service, str], ...]
    """Of each Service a pattern of its pods' names."""


def asked_of(application: Application, service: Service, labels: Mapping[str, str] | None = None) -> str:
    """The series of one arm, as a person would ask for them."""
    counter = application.counter
    matchers = [f"{label}={quoted(value)}" for label, value in (labels or {}).items()]
    matchers.append(f"{counter.namespace_label}={quoted(service.namespace)}")
    matchers.append(f"{counter.pod_label}=~{quoted(dict(application.pods)[service])}")
    return f"{counter.metric}{{{','.join(matchers)}}}"


def counters(applications: Collection[Application], labels: Mapping[str, str]) -> str:
    """Per Service and pod the requests, the bad ones and the newest scrape; all at one instant."""
    return _united(part for one in applications for part in (*_by_pod(one, labels), *_scraped(one, labels)))


def pods(applications: Collection[Application], labels: Mapping[str, str]) -> str:
    """Per Service and pod the requests and the bad ones."""
    return _united(part for one in applications for part in _by_pod(one, labels))


def pods_history(applications: Collection[Application], labels: Mapping[str, str]) -> str:
    """The same every minute of the last half hour."""
    return f"({pods(applications, labels)})[30m:1m]"


def history(applications: Collection[Application], labels: Mapping[str, str]) -> str:
    """Per Service the requests and the bad ones, every ten seconds of the last half hour."""
    parts = (
        _named(f"sum({series})", kind, service)
        for one in applications
        for kind, service, series in _series(one, labels)
    )
    return f"({_united(parts)})[30m:10s]"


def samples(application: Application, service: Service, pod: str, labels: Mapping[str, str]) -> str:
    """The raw samples of one pod with their own times; they show the scrape interval."""
    one = asked_of(application, service, {**labels, application.counter.pod_label: pod})
    return f"{one}[5m]"


def some_series(counter: RequestCounter, labels: Mapping[str, str]) -> str:
    """One that is there, to show its labels."""
    matchers = ",".join(f"{label}={quoted(value)}" for label, value in labels.items())
    return f"topk(1,{counter.metric}{{{matchers}}})"


def _by_pod(application: Application, labels: Mapping[str, str]) -> Iterator[str]:
    pod = application.counter.pod_label
    for kind, service, series in _series(application, labels):
        yield _named(f"sum by({pod})({series})", kind, service, pod)


def _scraped(application: Application, labels: Mapping[str, str]) -> Iterator[str]:
    pod = application.counter.pod_label
    for service, _ in application.pods:
        yield _named(f"max by({pod})(timestamp({asked_of(application, service, labels)}))", SCRAPED, service, pod)


def _series(application: Application, labels: Mapping[str, str]) -> Iterator[tuple[str, Service, str]]:
    counter = application.counter
    for service, _ in application.pods:
        every = asked_of(application, service, labels)
        yield ALL, service, every
        yield BAD, service, f"{every[:-1]},{counter.status_label}=~{quoted(counter.failed)}}}"


def _named(part: str, kind: str, service: Service, pod: str = "pod") -> str:
    """With the labels that rows about Istio's counters have."""
    if pod != "pod":
        part = f'label_replace({part},"pod","$1","{pod}","(.*)")'
    labels = {
        CLASS: kind,
        "reporter": REPORTER,
        "destination_service_namespace": service.namespace,
        "destination_service_name": service.name,
    }
    for label, value in labels.items():
        part = f'label_replace({part},"{label}","{value}","","")'
    return part


def _united(parts: Iterator[str]) -> str:
    return " or ".join(parts)
