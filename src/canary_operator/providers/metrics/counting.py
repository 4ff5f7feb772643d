"""Who counts the requests of a rollout, and how one asks for what they counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from canary_operator.providers.metrics import applications, queries
from canary_operator.providers.metrics.applications import Application
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.duration_queries import durations
from canary_operator.providers.metrics.queries import Counted, Service
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.server import Server
from canary_operator.providers.metrics.subject import Subject


class Counting(Protocol):
    """Questions in PromQL, each for all rollouts of a provider that are counted in this way; all answers look alike."""

    labels: Mapping[str, str]
    """The provider's own, which hold for every question."""
    counted: Counted
    """What callers count, where they do."""

    def counters(self, arms: Collection[Arms]) -> str: ...

    def durations(self, subjects: Collection[Subject]) -> str | None:
        """None where nobody says how long requests take."""

    def history(self, subjects: Collection[Subject]) -> str: ...

    def pods_history(self, subjects: Collection[Subject]) -> str | None:
        """None where pods do not say what failed."""

    def samples(self, subject: Subject) -> str: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A provider, and who counts what it is asked for."""

    config: ProviderConfig
    server: Server
    counting: Counting


class ByCallers:
    """Istio's gateways and sidecars, who see also what never arrives."""

    counted: Counted = queries.REQUESTS

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def counters(self, arms: Collection[Arms]) -> str:
        services = {service for one in arms for service in (one.stable, one.canary)}
        return queries.counters(services, self.labels, self.counted)

    def durations(self, subjects: Collection[Subject]) -> str | None:
        return durations(_services(subjects), self.labels, self.counted)

    def history(self, subjects: Collection[Subject]) -> str:
        return queries.history(_services(subjects), self.labels, self.counted)

    def pods_history(self, subjects: Collection[Subject]) -> str | None:
        return queries.pods_history(_services(subjects), self.labels, self.counted)

    def samples(self, subject: Subject) -> str:
        identity = {"reporter": subject.source.reporter, **dict(subject.identity)}
        return queries.samples(subject.service, identity, self.labels, self.counted)


class ByConnections(ByCallers):
    """The same callers, below HTTP: what they opened, of which none is bad by itself."""

    counted = queries.CONNECTIONS

    def durations(self, subjects: Collection[Subject]) -> str | None:
        del subjects
        return None

    def pods_history(self, subjects: Collection[Subject]) -> str | None:
        del subjects
        return None


class ByWorkloads(ByCallers):
    """The same callers of one Service, told apart by whose pods answered."""

    counted = queries.OF_WORKLOADS


class ByConnectionsOfWorkloads(ByConnections):
    """Likewise, below HTTP."""

    counted = queries.CONNECTIONS_OF_WORKLOADS


class ByPods(ByCallers):
    """Istio's sidecars of the pods that answer: they alone count copies, and see nothing of what never arrives."""

    counted = queries.OF_PODS


class ByApplications:
    """The pods themselves."""

    counted: Counted = queries.REQUESTS

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def counters(self, arms: Collection[Arms]) -> str:
        return applications.counters([one.application for one in arms if one.application], self.labels)

    def durations(self, subjects: Collection[Subject]) -> str | None:
        del subjects
        return None

    def history(self, subjects: Collection[Subject]) -> str:
        return applications.history(_applications(subjects), self.labels)

    def pods_history(self, subjects: Collection[Subject]) -> str | None:
        return applications.pods_history(_applications(subjects), self.labels)

    def samples(self, subject: Subject) -> str:
        if subject.application is None:
            raise AssertionError("only what an application counts is measured by it")
        pod = dict(subject.identity)["pod"]
        return applications.samples(subject.application, subject.service, pod, self.labels)


def _services(subjects: Collection[Subject]) -> set[Service]:
    return {one.service for one in subjects}


def _applications(subjects: Collection[Subject]) -> list[Application]:
    return [one.application for one in subjects if one.application is not None]
