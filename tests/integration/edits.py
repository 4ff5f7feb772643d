"""Manifests as small edits of a good one, so that a case shows what is wrong in it and nothing else."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

Manifest = dict[str, Any]

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def edited(manifest: Manifest, change: Mapping[str, Any], remove: Sequence[str] = ()) -> Manifest:
    """A copy with values put at paths such as `spec.stages[0].weight`, and others removed."""
    result = copy.deepcopy(manifest)
    for path, value in change.items():
        *way, last = steps(path)
        follow(result, way)[last] = value
    for path in remove:
        *way, last = steps(path)
        del follow(result, way)[last]
    return result


def steps(path: str) -> list[Any]:
    """`stages[0].weight` → `["stages", 0, "weight"]`."""
    return [int(index) if index else name for index, name in _STEP.findall(path)]


def follow(manifest: Any, way: Sequence[Any]) -> Any:
    for step in way:
        manifest = manifest[step]
    return manifest
