"""What the elements of a VirtualService's lists are called, for patches that reach them by their place."""

import json
from collections.abc import Iterator
from typing import Any

from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import patch
from canary_operator.providers.traffic.patch import Path

_NAMELESS = (("spec", "tcp"), ("spec", "tls"))
"""Istio has no names for these rules, so they are called by what they match."""


def operations(before: Object, after: Object) -> list[Operation]:
    """The JSON Patch that makes one VirtualService out of another."""
    return patch.operations(before, after, _Names())


class _Names:
    def identity(self, element: Any) -> str:
        """Rules go by name, destinations by host, port and subset; rules without a name by their order."""
        match element:
            case {"name": str(name)}:
                return name
            case {"destination": destination}:
                return json.dumps(destination, sort_keys=True)
            case dict():
                return ""
        return json.dumps(element)

    def tests(self, element: Any, path: Path) -> Iterator[Operation]:
        match element:
            case {"name": str(name)}:
                yield json_patch.test(name, *path, "name")
            case {"match": match} if path[:2] in _NAMELESS:
                yield json_patch.test(match, *path, "match")
            case {"destination": {"host": host, **more}}:
                yield json_patch.test(host, *path, "destination", "host")
                if "subset" in more:
                    yield json_patch.test(more["subset"], *path, "destination", "subset")
