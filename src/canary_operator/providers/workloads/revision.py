"""The name of a pod template: the same for templates that a user would call the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_TEMPLATE_HASH = "pod-template-hash"
_LENGTH = 20


def revision_of(template: Mapping[str, Any]) -> str:
    """20 hexadecimal digits over the template's canonical JSON.

    Left out: the label that the Deployment controller adds, the annotation by which `kubectl rollout restart` asks for
    new pods of the same version, and fields that are null or empty, because API servers differ in writing them. The
    digits are stored in status, so they must never change for the same template.
    """
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = _without(metadata.get("labels"), _TEMPLATE_HASH)
    metadata["annotations"] = _without(metadata.get("annotations"), RESTARTED_AT)
    compared = _filled({**template, "metadata": metadata})
    text = json.dumps(compared, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _without(values: Mapping[str, str] | None, key: str) -> dict[str, str]:
    return {name: value for name, value in (values or {}).items() if name != key}


def _filled(value: Any) -> Any:
    """`value` without null fields, and without empty labels or annotations.

    Other empty values say something: `emptyDir: {}` is a volume.
    """
    match value:
        case Mapping():
            return {
                key: _filled(inner)
                for key, inner in value.items()
                if inner is not None and not (key in {"labels", "annotations"} and not inner)
            }
        case list():
            return [_filled(inner) for inner in value]
    return value
