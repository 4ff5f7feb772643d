"""What the elements of an HTTPRoute's lists are called, for patches that reach them by their place."""

import json
from collections.abc import Iterator
from typing import Any

from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import patch
from canary_operator.providers.traffic.patch import Path

_REFERENCE = ("group", "kind", "namespace", "name", "port")


def operations(before: Object, after: Object) -> list[Operation]:
    """The JSON Patch that makes one HTTPRoute out of another."""
    return patch.operations(before, after, _Names())


class _Names:
    def identity(self, element: Any) -> str:
        """Rules go by name, backends by what they refer to, filters by type; rules without a name by their order."""
        match element:
            case {"name": str(name), "backendRefs": _}:
                return name
            case {"name": str()}:
                return json.dumps([element.get(key) for key in _REFERENCE])
            case {"type": str(kind)}:
                return kind
            case dict():
                return ""
        return json.dumps(element)

    def tests(self, element: Any, path: Path) -> Iterator[Operation]:
        """A rule without a name is called by what it matches."""
        match element:
            case {"name": str(name)}:
                yield json_patch.test(name, *path, "name")
                if element.get("namespace"):
                    yield json_patch.test(element["namespace"], *path, "namespace")
            case {"type": str(kind)}:
                yield json_patch.test(kind, *path, "type")
            case {"matches": matches}:
                yield json_patch.test(matches, *path, "matches")
