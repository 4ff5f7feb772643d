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

_subset = name(
    rf"^{_LABEL}$",
    63,
    'must be the name of a subset: lowercase letters, digits and "-", such as "canary"',
)

_metric = name(
    rf"^{_LABEL}$",
    40,
    'must be lowercase letters, digits and "-", such as "conversion"',
)

_sni_host = name(
    rf"^([*]|([*][.])?{_LABEL}([.]{_LABEL})*)$",
    253,
    'must be a server name as the route lists it, such as "shop.example.com" or "*.example.com"',
)

_prom_name = name(
    r"^[a-zA-Z_:][a-zA-Z0-9_:]*$",
    200,
    'must be the name of a counter in Prometheus, such as "http_requests_total"',
)
_prom_label = name(
    r"^[a-zA-Z_][a-zA-Z0-9_]*$",
    100,
    'must be the name of a label in Prometheus, such as "code"',
)
_status_pattern = name(
    r"^[-a-zA-Z0-9_. ]+([|][-a-zA-Z0-9_. ]+)*$",
    100,
    'must be a status, or several with "|" between them, where "." is any character, such as "5.." or "500|503"',
)
_header = name(
    r"^[a-z0-9]([-a-z0-9_]*[a-z0-9])?$",
    64,
    'must be the name of a header in lowercase letters, digits, "-" and "_", such as "x-canary"',
)
_cookie = name(
    r"^[-A-Za-z0-9_.]+$",
    64,
    'must be the name of a cookie: letters, digits, "-", "_" and ".", such as "uid"',
)

ObjectName = Annotated[str, *_object]
ServiceName = Annotated[str, *_service]
LabelKey = Annotated[str, *_label_key]
RevisionName = Annotated[str, *_revision]
SubsetName = Annotated[str, *_subset]
MetricName = Annotated[str, *_metric]
SniHost = Annotated[str, *_sni_host]
PromName = Annotated[str, *_prom_name]
PromLabel = Annotated[str, *_prom_label]
StatusPattern = Annotated[str, *_status_pattern]
HeaderName = Annotated[str, *_header]
CookieName = Annotated[str, *_cookie]
