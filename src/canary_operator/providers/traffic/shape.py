"""How a route's manifest is held against the shape that the API server knows."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError


class Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Metadata(Part):
    name: StrictStr
    namespace: StrictStr | None = None
    labels: dict[str, StrictStr] | None = None
    annotations: dict[str, StrictStr] | None = None


def misshapen(manifest: Mapping[str, Any], of: type[Part]) -> str | None:
    """The first thing that is not of this shape, with its place and what must stand there; None when all is."""
    try:
        of.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{_place(first['loc'])}{_shown(first['input'])}: {first['msg'].lower()}"
    return None


def _place(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _shown(value: object) -> str:
    return f" {value!r}" if isinstance(value, str | int | float) else ""
