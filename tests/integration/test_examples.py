"""What we show works: each folder is applied as it stands, adopted, and gives the route back as it was."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import gateway_api
from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.shop.manifests import GATEWAY
from testbed.shop.reader import Reader
from testbed.shop.traffic import Traffic

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir() and each.name != "base")
BELOW_HTTP = {"tcp", "tls"}
"""Their pods would have to count what ours do not."""
LONGEST = 60
Manifest = dict[str, Any]


class Example:
    """One folder in a namespace of its own; only hosts and the gateway are those of the testbed."""

    def __init__(self, cluster: Cluster, namespace: str, folder: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.host = f"{folder}.{namespace}.example"
        self.manifests = [self._here(one) for one in rendered(cluster, folder)]
        self.reader = Reader(cluster.state, namespace)

    def _here(self, manifest: Manifest) -> Manifest:
        text = json.dumps(manifest).replace('"shop"', f'"{self.namespace}"').replace("istio-system/ingress", GATEWAY)
        text = text.replace('"ingress"', f'"{gateway_api.NAME}"')
        return dict(json.loads(re.sub(r'"[a-z]+\.example\.com"', f'"{self.host}"', text)))

    @property
    def rollout(self) -> Manifest:
        return next(one for one in self.manifests if one["kind"] == "CanaryRollout")

    def of(self, kind: str) -> list[Manifest]:
        return [one for one in self.manifests if one["kind"] == kind]

    def apply(self) -> None:
        """Strictly: a field that does not exist is an error."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": self.manifests})
        self.cluster.kubectl("-n", self.namespace, "apply", "--validate=strict", "-f", "-", input=text)
        for one in self.of("Deployment"):
            name = f"deployment/{one['metadata']['name']}"
            self.cluster.kubectl("-n", self.namespace, "rollout", "status", name, "--timeout=60s")

    def status(self) -> Manifest:
        name = self.rollout["metadata"]["name"]
        found = self.reader.one("canary-operator.dev/v1alpha1", "canaryrollouts", name) or {}
        return dict(found.get("status") or {})

    def routes(self) -> list[Any]:
        """As their owner wrote them."""
        found = self.reader.all("networking.istio.io/v1", "virtualservices")
        found += self.reader.all("networking.istio.io/v1", "destinationrules")
        found += self.reader.all("gateway.networking.k8s.io/v1", "httproutes")
        return [(one["metadata"]["name"], one["metadata"].get("annotations"), one["spec"]) for one in found]

    def release(self) -> None:
        name = self.rollout["metadata"]["name"]
        if "workload" not in self.rollout["spec"]:
            self.kubectl("patch", "canaryrollout", name, "--type=merge", "-p", '{"spec": {"revision": "v3"}}')
            return
        self.kubectl("set", "image", f"deployment/{name}", f"{name}=registry.example/{name}:v2")

    def abort(self) -> None:
        self.kubectl("annotate", "canaryrollout", self.rollout["metadata"]["name"], "canary-operator.dev/abort=true")

    def kubectl(self, *arguments: str) -> None:
        self.cluster.kubectl("-n", self.namespace, *arguments)

    def traffic(self) -> Traffic:
        url = self.cluster.gateway_api_url if self.of("HTTPRoute") else self.cluster.gateway_url
        return Traffic(Plan(url, self.host, 50))


def rendered(cluster: Cluster, folder: str) -> list[Manifest]:
    return list(yaml.safe_load_all(cluster.kubectl("kustomize", str(EXAMPLES / folder))))


def eventually(example: Example, what: str, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < until, f"waited in vain for {what}: {json.dumps(example.status(), indent=1)}"
        time.sleep(0.1)


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_example_is_adopted_released_and_given_back(cluster: Cluster, namespace: str, folder: str) -> None:
    """Up to its first stage, in the words of its own spec; then a person ends it."""
    example = Example(cluster, namespace, folder)
    example.apply()
    eventually(example, "its adoption", lambda: example.status().get("state") == "Resting")
    if folder in BELOW_HTTP:
        return
    before = example.routes()
    with example.traffic():
        example.release()
        eventually(example, "its first stage", lambda: example.status().get("state") == "Staged")
        assert example.routes() != before
        example.abort()
        eventually(example, "its end", lambda: bool(example.status().get("history")))
        eventually(example, "the routes as they were", lambda: example.routes() == before)
    assert example.status()["history"][0]["outcome"] == "Aborted"
