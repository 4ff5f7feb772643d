"""What the API server would refuse in a VirtualService before we ever saw it; offline nobody else does.

Only the fields that we read are looked at; everything else is the user's and may be anything.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from canary_operator.providers.traffic.istio.destinations import INT32


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Destination(_Part):
    host: StrictStr
    subset: StrictStr | None = None
    port: dict[str, Any] | None = None


class _Weighted(_Part):
    destination: _Destination
    weight: Annotated[StrictInt, Field(ge=0, le=INT32)] | None = None


class _Rule(_Part):
    name: StrictStr | None = None
    route: list[_Weighted] | None = None
    delegate: dict[str, Any] | None = None
    redirect: dict[str, Any] | None = None
    directResponse: dict[str, Any] | None = None  # noqa: N815 -- Istio's name


class _Spec(_Part):
    http: list[_Rule] | None = None


class _Metadata(_Part):
    name: StrictStr
    namespace: StrictStr | None = None
    labels: dict[str, StrictStr] | None = None
    annotations: dict[str, StrictStr] | None = None


class _VirtualService(_Part):
    metadata: _Metadata
    spec: _Spec | None = None


def misshapen(manifest: Mapping[str, Any]) -> str | None:
    """The first thing that is not of Istio's shape, with its place and what must stand there; None when all is."""
    try:
        _VirtualService.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{_place(first['loc'])}{_shown(first['input'])}: {first['msg'].lower()}"
    return None


def _place(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _shown(value: object) -> str:
    return f" {value!r}" if isinstance(value, str | int | float) else ""
