"""What we write on objects to know them again, and the names that we give."""

import hashlib

from canary_operator.api.model import GROUP
from canary_operator.ports import Identity, Target
from canary_operator.providers.objects import Object

MANAGED_BY = f"{GROUP}/managed-by"
"""Annotation of the user's Deployment: `namespace/name` of its rollout. The admission policy looks for it."""
LEFT_PAUSED = f"{GROUP}/left-paused"
"""Annotation of a Deployment that we gave back paused: why."""
ROLLOUT = f"{GROUP}/rollout"
"""Label of everything that we create: the rollout it belongs to."""
REVISION = f"{GROUP}/revision"
"""Annotation of the canary Deployment: the revision that it was made from."""

_LABEL_VALUE = 63
_OBJECT_NAME = 253
_DIGEST = 10


def shortened(text: str, limit: int) -> str:
    """`text` where it fits, else its beginning with a digest of all of it."""
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{text[: limit - _DIGEST - 1]}-{digest}"


def label_value(text: str) -> str:
    return shortened(text, _LABEL_VALUE)


def canary_name(deployment: str) -> str:
    """Name of the canary Deployment beside this one."""
    return shortened(f"{deployment}-canary", _OBJECT_NAME)


def our_labels(rollout: Identity) -> dict[str, str]:
    return {ROLLOUT: label_value(rollout.name), "app.kubernetes.io/managed-by": "canary-operator"}


def is_ours(body: Object, target: Target) -> bool:
    """Whether we made this object, for this rollout; both are in the same namespace."""
    return (body["metadata"].get("labels") or {}).get(ROLLOUT) == label_value(target.name)


def annotation(body: Object, key: str) -> str | None:
    value: str | None = (body["metadata"].get("annotations") or {}).get(key)
    return value
