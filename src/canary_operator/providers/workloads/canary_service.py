"""The canary Service: stable's, in front of canary pods."""

from typing import Any

from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation, add
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.marks import our_labels

_MESH = ("istio.io/", "networking.istio.io/")
_KEPT = ("sessionAffinity", "sessionAffinityConfig", "publishNotReadyAddresses", "ipFamilyPolicy", "ipFamilies")


def canary_service(target: Target, stable: Object, override: Override) -> dict[str, Any]:
    """A ClusterIP Service with stable's ports: outside the cluster nobody needs to find the canary."""
    metadata, spec = stable["metadata"], stable["spec"]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": target.spec.canary_service,
            "namespace": target.namespace,
            "labels": _of_the_mesh(metadata.get("labels")) | our_labels(target),
            "annotations": _of_the_mesh(metadata.get("annotations")),
        },
        "spec": {
            **{key: spec[key] for key in _KEPT if key in spec},
            "type": "ClusterIP",
            "ports": [{key: value for key, value in port.items() if key != "nodePort"} for port in spec["ports"]],
            "selector": {**spec["selector"], override.key: override.canary},
        },
    }


def renewing(present: Object, wanted: Object) -> list[Operation]:
    """What makes our Service stable's again after stable's ports, selector or mesh labels changed; often nothing."""
    compared = ("ports", "selector", *_KEPT)
    spec = [
        add(wanted["spec"][key], "spec", key)
        for key in compared
        if key in wanted["spec"] and present["spec"].get(key) != wanted["spec"][key]
    ]
    return [*spec, *_marks(present, wanted, "labels"), *_marks(present, wanted, "annotations")]


def _marks(present: Object, wanted: Object, field: str) -> list[Operation]:
    """Anybody else's marks on our Service stay."""
    has, asked = present["metadata"].get(field) or {}, wanted["metadata"][field]
    return [] if asked.items() <= has.items() else [add(has | asked, "metadata", field)]


def _of_the_mesh(values: dict[str, str] | None) -> dict[str, str]:
    """What Istio reads; anything else may be another tool's mark of ownership."""
    return {key: value for key, value in (values or {}).items() if key.startswith(_MESH)}
