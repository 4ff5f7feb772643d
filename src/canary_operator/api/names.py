"""Names of things in a cluster, as the API server itself accepts them."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from canary_operator.api.cel import lowered, matches

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def name(pattern: str, longest: int, says: str) -> tuple[AfterValidator, WithJsonSchema]:
    """A text of this form, in our reader and in the CRD alike; both answer anything else with the sentence."""

    def checked(value: str) -> str:
        if len(value) > longest or not re.fullmatch(pattern, value):
            raise ValueError(says)
        return value

    schema = {"type": "string", "maxLength": longest, **lowered([matches(pattern, says)])}
    return AfterValidator(checked), WithJsonSchema(schema)


_object = name(
    rf"^{_LABEL}(\.{_LABEL})*$",
    235,  # a ReplicaSet is called like its Deployment with `-canary` and a hash, in at most 253 characters
    'must be the name of an object: lowercase letters, digits, "-" and ".", such as "checkout"',
)
_service = name(
    rf"^{_LABEL}$",
    63,
    'must be the name of a Service in this namespace, without a domain: lowercase letters, digits and "-", '
    'such as "checkout"',
)
_label_key = name(
    rf"^({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    317,
    'must be the key of a label, such as "app" or "app.kubernetes.io/name"',
)
_revision = name(
    r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    63,
    'must be letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, such as "v1.4.2"',
)

_metric = name(
    rf"^{_LABEL}$",
    40,
    'must be lowercase letters, digits and "-", such as "conversion"',
)

ObjectName = Annotated[str, *_object]
ServiceName = Annotated[str, *_service]
LabelKey = Annotated[str, *_label_key]
RevisionName = Annotated[str, *_revision]
MetricName = Annotated[str, *_metric]
