"""What the API server would refuse in a VirtualService before we ever saw it; offline nobody else does.

Only the fields that we read are looked at; everything else is the user's and may be anything.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictInt, StrictStr

from canary_operator.providers.traffic import shape
from canary_operator.providers.traffic.istio.destinations import INT32
from canary_operator.providers.traffic.shape import Part


class _Destination(Part):
    host: StrictStr
    subset: StrictStr | None = None
    port: dict[str, Any] | None = None


class _ResponseHeaders(Part):
    set: dict[StrictStr, Any] | None = None
    add: dict[StrictStr, Any] | None = None
    remove: list[StrictStr] | None = None


class _Headers(Part):
    response: _ResponseHeaders | None = None


class _Weighted(Part):
    destination: _Destination
    headers: _Headers | None = None
    weight: Annotated[StrictInt, Field(ge=0, le=INT32)] | None = None


class _HttpMatch(Part):
    uri: dict[str, Any] | None = None
    method: dict[str, Any] | None = None
    headers: dict[StrictStr, Any] | None = None
    queryParams: dict[StrictStr, Any] | None = None  # noqa: N815 -- Istio's name
    sourceLabels: dict[StrictStr, Any] | None = None  # noqa: N815 -- Istio's name


class _Rule(Part):
    name: StrictStr | None = None
    match: list[_HttpMatch] | None = None
    headers: _Headers | None = None
    route: list[_Weighted] | None = None
    delegate: dict[str, Any] | None = None
    redirect: dict[str, Any] | None = None
    mirror: dict[str, Any] | None = None
    mirrors: list[dict[str, Any]] | None = None
    directResponse: dict[str, Any] | None = None  # noqa: N815 -- Istio's name


class _Match(Part):
    port: StrictInt | None = None
    sniHosts: list[StrictStr] | None = None  # noqa: N815 -- Istio's name


class _RuleBelowHttp(Part):
    match: list[_Match] | None = None
    route: list[_Weighted] | None = None


class _Spec(Part):
    http: list[_Rule] | None = None
    tls: list[_RuleBelowHttp] | None = None
    tcp: list[_RuleBelowHttp] | None = None


class _VirtualService(Part):
    metadata: shape.Metadata
    spec: _Spec | None = None


def misshapen(manifest: Mapping[str, Any]) -> str | None:
    """The first thing that is not of Istio's shape, with its place and what must stand there; None when all is."""
    return shape.misshapen(manifest, _VirtualService)
