"""The JSON Patch that makes one object out of another, touching nothing that is alike in both.

Whatever is reached by its place in a list is first tested by what it is called, so a patch never lands on a neighbour.
"""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object

Path = tuple[str | int, ...]


def operations(before: Object, after: Object) -> list[Operation]:
    """Empty when both are alike. Parents that are missing are created in the same patch."""
    return list(_members(before, after, ()))


def _difference(before: Any, after: Any, path: Path) -> Iterator[Operation]:
    match before, after:
        case dict(), dict():
            yield from _members(before, after, path)
        case list(), list():
            yield from _elements(before, after, path)
        case _ if before != after:
            yield json_patch.add(after, *path)


def _members(before: Object, after: Object, path: Path) -> Iterator[Operation]:
    for key in before:
        if key not in after:
            yield json_patch.remove(*path, key)
    for key, value in after.items():
        if key not in before:
            yield json_patch.add(value, *path, key)
        elif value != before[key]:
            yield from _difference(before[key], value, (*path, key))


def _elements(before: list[Any], after: list[Any], path: Path) -> Iterator[Operation]:
    """From left to right, so that everything to the left is in its final place already."""
    names = [_identity(each) for each in before], [_identity(each) for each in after]
    for tag, start, end, target, stop in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if tag == "equal":
            for old, new, place in zip(before[start:end], after[target:stop], range(target, stop), strict=True):
                if old != new:
                    yield from _named(old, (*path, place))
                    yield from _difference(old, new, (*path, place))
            continue
        for old in before[start:end]:
            yield from _named(old, (*path, target))
            yield json_patch.remove(*path, target)
        for place in range(target, stop):
            yield json_patch.add(after[place], *path, place)


def _identity(element: Any) -> str:
    """Rules go by name, destinations by host, port and subset; rules without a name by their order."""
    match element:
        case {"name": str(name)}:
            return name
        case {"destination": destination}:
            return json.dumps(destination, sort_keys=True)
        case dict():
            return ""
    return json.dumps(element)


def _named(element: Any, path: Path) -> Iterator[Operation]:
    match element:
        case {"name": str(name)}:
            yield json_patch.test(name, *path, "name")
        case {"destination": {"host": host}}:
            yield json_patch.test(host, *path, "destination", "host")
