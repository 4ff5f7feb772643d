"""The API server refuses writes, as a policy of the platform team makes it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from testbed.errors import TestbedError
from testbed.shop import NAME, Shop

WORDS = "frozen by the platform team"
_LABEL = "frozen"
_PLACES = {
    "virtualservices": ("networking.istio.io", ("virtualservice", NAME)),
    "canaryrollouts/status": ("canary-operator.dev", ("canaryrollout", NAME, "--subresource=status")),
}
_PROBE = ("--type=merge", "-p", json.dumps({"metadata": {"labels": {"probe": "policy"}}}), "--dry-run=server")


class Freezer:
    """Denies every update of one kind in the shop's namespace while that has a label.

    An API server obeys a new policy after some seconds, and a label at once.
    """

    def __init__(self, shop: Shop, resource: str) -> None:
        self._shop = shop
        self._probed = _PLACES[resource][1]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self._label("true")
        yield
        self._label(None)

    def _label(self, value: str | None) -> None:
        change = f"{_LABEL}-" if value is None else f"{_LABEL}={value}"
        self._shop.kubectl("label", "namespace", self._shop.namespace, change)

    def is_obeyed(self) -> bool:
        """Asked of the API server without changing anything."""
        try:
            self._shop.kubectl("patch", *self._probed, *_PROBE)
        except TestbedError as refusal:
            return WORDS in str(refusal)
        return False


@contextmanager
def freezer(shop: Shop, resource: str) -> Iterator[Freezer]:
    """Begins when the API server obeys the policy; the shop must have such an object already."""
    name, found = f"{shop.namespace}-freezer", Freezer(shop, resource)
    shop.apply(_policy(name, shop.namespace, resource), _binding(name))
    try:
        with found.frozen():
            shop.wait("the policy to be obeyed", found.is_obeyed)
        yield found
    finally:
        shop.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", name)


def _policy(name: str, namespace: str, resource: str) -> dict[str, Any]:
    kind = {
        "apiGroups": [_PLACES[resource][0]],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": [resource],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [kind],
            },
            "validations": [{"expression": f"!('{_LABEL}' in namespaceObject.metadata.labels)", "message": WORDS}],
        },
    }


def _binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
