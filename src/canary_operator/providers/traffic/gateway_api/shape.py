"""What the API server would refuse in an HTTPRoute before we ever saw it; offline nobody else does.

Only the fields that we read are looked at; everything else is the user's and may be anything.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictInt, StrictStr

from canary_operator.providers.traffic import shape
from canary_operator.providers.traffic.gateway_api.backends import MOST_BACKENDS, MOST_WEIGHT
from canary_operator.providers.traffic.gateway_api.rules import MOST_RULES
from canary_operator.providers.traffic.shape import Part


class _PathModifier(Part):
    type: StrictStr | None = None


class _Rewrite(Part):
    path: _PathModifier | None = None


class _Header(Part):
    name: StrictStr
    value: StrictStr


class _HeaderModifier(Part):
    set: list[_Header] | None = None
    add: list[_Header] | None = None
    remove: list[StrictStr] | None = None


class _Reference(Part):
    name: StrictStr
    group: StrictStr | None = None
    kind: StrictStr | None = None
    namespace: StrictStr | None = None
    port: StrictInt | None = None


class _Fraction(Part):
    numerator: StrictInt
    denominator: Annotated[StrictInt, Field(ge=1)] = 100


class _Mirror(Part):
    backendRef: _Reference  # noqa: N815 -- the API's name
    percent: StrictInt | None = None
    fraction: _Fraction | None = None


class _Filter(Part):
    type: StrictStr
    urlRewrite: _Rewrite | None = None  # noqa: N815 -- the API's name
    responseHeaderModifier: _HeaderModifier | None = None  # noqa: N815 -- the API's name
    requestMirror: _Mirror | None = None  # noqa: N815 -- the API's name


class _Path(Part):
    type: StrictStr | None = None
    value: StrictStr | None = None


class _Named(Part):
    name: StrictStr
    type: StrictStr | None = None
    value: StrictStr


class _Match(Part):
    path: _Path | None = None
    method: StrictStr | None = None
    headers: list[_Named] | None = None
    queryParams: list[_Named] | None = None  # noqa: N815 -- the API's name


class _Backend(_Reference):
    weight: Annotated[StrictInt, Field(ge=0, le=MOST_WEIGHT)] | None = None
    filters: list[_Filter] | None = None


class _Rule(Part):
    name: StrictStr | None = None
    backendRefs: Annotated[list[_Backend], Field(max_length=MOST_BACKENDS)] | None = None  # noqa: N815 -- the API's name
    filters: list[_Filter] | None = None
    matches: list[_Match] | None = None


class _Spec(Part):
    rules: Annotated[list[_Rule], Field(max_length=MOST_RULES)] | None = None


class _HTTPRoute(Part):
    metadata: shape.Metadata
    spec: _Spec | None = None


def misshapen(manifest: Mapping[str, Any]) -> str | None:
    """The first thing that is not of the API's shape, with its place and what must stand there; None when all is."""
    return shape.misshapen(manifest, _HTTPRoute)
