"""The same shop with one Service, whose DestinationRule says which of its pods are which."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from testbed.errors import TestbedError
from testbed.shop.manifests import CANARY, NAME, STAGES, SUBSETS, Manifest, deployment, rollout, route, service
from testbed.shop.shop import Shop

LABEL = "version"
VERSIONS = ("v1", "v1-canary")
"""Of the pods' label, which has nothing to do with what they run."""


class SubsetShop(Shop):
    def pods(self, app: str = NAME) -> list[str]:
        """All have the same label `app`; of the canary those whose other label says so."""
        version = VERSIONS[app == CANARY]
        found = [pod["metadata"] for pod in self._reader.all("v1", "pods")]
        return sorted(metadata["name"] for metadata in found if metadata["labels"].get(LABEL) == version)

    def subsets(self) -> list[Any]:
        """As they stand in the DestinationRule."""
        return list(self._rule()["spec"].get("subsets", []))

    def rule(self) -> str:
        """Everything of the DestinationRule that a user writes, in one canonical text."""
        body = self._rule()
        return json.dumps([body["spec"], body["metadata"].get("labels"), body["metadata"].get("annotations")])

    def _rule(self) -> dict[str, Any]:
        found = self._reader.one("networking.istio.io/v1", "destinationrules", NAME)
        if found is None:
            raise TestbedError(f"There is no DestinationRule {NAME} in {self.namespace}.")
        return found

    def _application(self, tag: str, replicas: int) -> list[Manifest]:
        body = deployment(tag, replicas)
        labels = {"app": NAME, LABEL: VERSIONS[0]}
        body["spec"]["selector"]["matchLabels"] = body["spec"]["template"]["metadata"]["labels"] = labels
        way = route(self.host)
        way["spec"]["http"][1]["route"][0]["destination"]["subset"] = SUBSETS[0]
        return [body, service(), destination_rule(), way]


def destination_rule(*more: Mapping[str, Any]) -> Manifest:
    """With a policy, a label and an annotation that nobody may lose; `more` are subsets beside the stable one."""
    subsets = [{"name": SUBSETS[0], "labels": {LABEL: VERSIONS[0]}}, *more]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": NAME, "labels": {"team": "shop"}, "annotations": {"shop.example/contact": "#checkout"}},
        "spec": {
            "host": NAME,
            "trafficPolicy": {"connectionPool": {"http": {"http2MaxRequests": 500}}},
            "subsets": subsets,
        },
    }


def by_subsets(stages: Sequence[tuple[str, str]] = STAGES, analysis: Mapping[str, Any] | None = None) -> Manifest:
    manifest = rollout(stages, analysis)
    manifest["spec"]["traffic"]["istio"]["subsets"] = {"destinationRule": NAME}
    return manifest
