"""One application in one namespace, in the hands of the person who owns it."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests

from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.kubelet.settings import INCIDENT
from testbed.load import Plan
from testbed.shop.gateway import requests_by_service, shares_in_envoy
from testbed.shop.manifests import CANARY, NAME, Manifest, application, deployment, image, service
from testbed.shop.reader import Reader
from testbed.shop.seen import Rollout
from testbed.shop.share import canary_share
from testbed.shop.traffic import Traffic

PATIENCE = 60.0
"""Seconds; several tests at once share the machine, and nobody waits for longer than it takes."""
_GLANCE = 0.1


class Shop:
    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.host = f"{NAME}.{namespace}.example"
        self._reader = Reader(cluster.state, namespace)

    def open(self, tag: str = "v1", replicas: int = 2) -> None:
        """The application without a CanaryRollout; returns when users reach it."""
        self.apply(*self._application(tag, replicas))
        self.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s")
        self.wait("the application to answer", self.is_open)

    def open_beside(self, tag: str, replicas: int = 2) -> None:
        """A second Deployment with a Service, for a rollout that moves traffic only."""
        self.apply(deployment(tag, replicas, CANARY), service(CANARY))
        self.kubectl("rollout", "status", f"deployment/{CANARY}", "--timeout=60s")

    def adopt(self, rollout: Manifest) -> None:
        """Returns when the next new template would start a run."""
        self.apply(rollout)
        self.until("the Deployment to be adopted", lambda seen: seen.rests)

    def is_open(self) -> bool:
        """Whether a user is answered."""
        try:
            return requests.get(self.url, headers={"Host": self.host}, timeout=2).ok
        except requests.RequestException:
            return False

    def release(self, tag: str) -> None:
        self.kubectl("set", "image", f"deployment/{NAME}", f"{NAME}={image(tag)}")

    def order(self, verb: str, value: str = "true") -> None:
        """`abort`, `promote`, `pause`, `resume` or `retry`, as plain kubectl does it."""
        self.kubectl("annotate", "canaryrollout", NAME, f"canary-operator.dev/{verb}={value}")

    def begin_incident(self, share: str, app: str | None = None) -> None:
        """This share of the requests fails from now on, such as "20%", in every pod that there is by now.

        `app` makes it those of one arm.
        """
        self._annotate_pods(f"{INCIDENT}={share}", app)

    def end_incident(self) -> None:
        self._annotate_pods(f"{INCIDENT}-")

    def traffic(self, rate: float = 100) -> Traffic:
        return Traffic(Plan(self.url, self.host, rate))

    @property
    def url(self) -> str:
        """Where users find it."""
        return self.cluster.gateway_url

    def apply(self, *bodies: Manifest) -> None:
        self.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}))

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 -- called as in subprocess
        return self.cluster.kubectl("-n", self.namespace, *arguments, input=input)

    def rollout(self) -> Rollout:
        """Empty where there is none."""
        return Rollout(self._reader.one("canary-operator.dev/v1alpha1", "canaryrollouts", NAME) or {})

    def deployment(self, name: str = NAME) -> dict[str, Any] | None:
        return self._reader.one("apps/v1", "deployments", name)

    def canary_exists(self) -> bool:
        """Its Deployment or any of its pods."""
        return self.deployment(CANARY) is not None or bool(self.pods(CANARY))

    def pods(self, app: str = NAME) -> list[str]:
        """The names of those that carry this label; a pod that is being deleted is one of them."""
        found = [pod["metadata"] for pod in self._reader.all("v1", "pods")]
        return sorted(metadata["name"] for metadata in found if metadata["labels"].get("app") == app)

    def events(self) -> list[dict[str, Any]]:
        """Those about the CanaryRollout, in the order in which they happened."""
        found = [it for it in self._reader.all("events.k8s.io/v1", "events") if _is_ours(it)]
        return sorted(found, key=lambda event: str(event["eventTime"]))

    def told(self, reason: str) -> list[str]:
        """The notes of the events with this reason."""
        return [str(event["note"]) for event in self.events() if event["reason"] == reason]

    def wait_until_told(self, reason: str) -> list[str]:
        """The same, at least one: an event is written after the weight and the status that it speaks of."""
        self.wait(f"the event {reason}", lambda: bool(self.told(reason)))
        return self.told(reason)

    def route(self) -> str:
        """Everything of the route that a user writes, in one canonical text."""
        body = self._route()
        metadata = body["metadata"]
        written = [body["spec"], metadata.get("labels"), metadata.get("annotations"), metadata.get("finalizers")]
        return json.dumps(written, sort_keys=True)

    def weight(self) -> int | float:
        """The canary's share in the live route, in percent."""
        return canary_share(self._route())

    def gateway_counts(self) -> Counter[str]:
        """Requests that Envoy has sent to each Service."""
        return requests_by_service(self.cluster.state, self.namespace)

    def wait_until_obeyed(self, share: float, host: str | None = None) -> None:
        """Envoy follows a write of the route a little later; then the canary has this share in percent there."""
        wanted, where = {round(share, 6)}, host or self.host
        self.wait(f"Envoy to give it {share} %", lambda: shares_in_envoy(self.cluster.state, where) == wanted)

    def row(self) -> str:
        """What `kubectl get` shows, without its headings."""
        return self.kubectl("get", "canaryrollout", NAME, "--no-headers").strip()

    def headings(self) -> str:
        return self.kubectl("get", "canaryrollout", NAME).splitlines()[0]

    def until(self, what: str, condition: Callable[[Rollout], bool], seconds: float = PATIENCE) -> Rollout:
        """The rollout as it was when the condition held for the first time. TestbedError shows what was instead."""
        seen: list[Rollout] = []

        def holds() -> bool:
            seen[:] = [self.rollout()]
            return condition(seen[0])

        self.wait(what, holds, seconds)
        return seen[0]

    def wait(self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TestbedError(f"Waited {seconds:.0f} s in vain for {what}. Instead:\n{self.describe()}")
            time.sleep(_GLANCE)

    def describe(self) -> str:
        try:
            return self.kubectl("describe", "canaryrollout", NAME) + self.kubectl(
                "get", "deployments,pods", "-o", "wide"
            )
        except TestbedError as error:
            return str(error)

    def _annotate_pods(self, annotation: str, app: str | None = None) -> None:
        which = f"--selector=app={app}" if app else "--all"
        self.kubectl("annotate", "pods", which, "--overwrite", annotation)

    def _application(self, tag: str, replicas: int) -> list[Manifest]:
        return application(tag, self.host, replicas)

    def _route(self) -> dict[str, Any]:
        found = self._reader.one("networking.istio.io/v1", "virtualservices", NAME)
        if found is None:
            raise TestbedError(f"There is no VirtualService {NAME} in {self.namespace}.")
        return found


def _is_ours(event: dict[str, Any]) -> bool:
    regarding = event.get("regarding", {})
    return (regarding.get("kind"), regarding.get("name")) == ("CanaryRollout", NAME)
