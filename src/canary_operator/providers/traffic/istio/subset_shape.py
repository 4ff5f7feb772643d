"""What the API server would refuse in a DestinationRule before we ever saw it; of it we read the subsets only."""

from collections.abc import Mapping
from typing import Any

from pydantic import StrictStr

from canary_operator.providers.traffic import shape
from canary_operator.providers.traffic.shape import Part


class _Subset(Part):
    name: StrictStr
    labels: dict[StrictStr, StrictStr] | None = None


class _Spec(Part):
    host: StrictStr
    subsets: list[_Subset] | None = None


class _DestinationRule(Part):
    metadata: shape.Metadata
    spec: _Spec


def misshapen(manifest: Mapping[str, Any]) -> str | None:
    """The first thing that is not of Istio's shape, with its place and what must stand there; None when all is."""
    return shape.misshapen(manifest, _DestinationRule)
