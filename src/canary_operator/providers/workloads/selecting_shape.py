"""Manifests of Deployments and Services that no API server has seen: whether the labels in them can be read."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, StrictStr, ValidationError

_Labels = dict[StrictStr, StrictStr]


class _Expression(BaseModel):
    key: StrictStr


class _Selector(BaseModel):
    matchLabels: _Labels | None = None  # noqa: N815 -- Kubernetes' name
    matchExpressions: list[_Expression] | None = None  # noqa: N815 -- Kubernetes' name


class _Metadata(BaseModel):
    labels: _Labels | None = None


class _Template(BaseModel):
    metadata: _Metadata


class _DeploymentSpec(BaseModel):
    selector: _Selector
    template: _Template


class _Deployment(BaseModel):
    spec: _DeploymentSpec


class _ServiceSpec(BaseModel):
    selector: _Labels | None = None


class _Service(BaseModel):
    spec: _ServiceSpec


def readable(deployment: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    try:
        _Deployment.model_validate(deployment)
        _Service.model_validate(service)
    except ValidationError:
        return False
    return True
