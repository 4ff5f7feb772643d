"""The JSON Patch that makes one object out of another, touching nothing that is alike in both.

Whatever is reached by its place in a list is first tested by what it is called, so a patch never lands on a neighbour.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Protocol

from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object

Path = tuple[str | int, ...]


class Names(Protocol):
    """What the elements of lists are called in one kind of route."""

    def identity(self, element: Any) -> str:
        """The same for both copies of an element that may differ in more than its name."""

    def tests(self, element: Any, path: Path) -> Iterator[Operation]:
        """That the element which the API server holds at this place is called so."""


def operations(before: Object, after: Object, names: Names) -> list[Operation]:
    """Empty when both are alike. Parents that are missing are created in the same patch."""
    return list(_members(before, after, (), names))


def _difference(before: Any, after: Any, path: Path, names: Names) -> Iterator[Operation]:
    match before, after:
        case dict(), dict():
            yield from _members(before, after, path, names)
        case list(), list():
            yield from _elements(before, after, path, names)
        case _ if before != after:
            yield json_patch.add(after, *path)


def _members(before: Object, after: Object, path: Path, names: Names) -> Iterator[Operation]:
    for key in before:
        if key not in after:
            yield json_patch.remove(*path, key)
    for key, value in after.items():
        if key not in before:
            yield json_patch.add(value, *path, key)
        elif value != before[key]:
            yield from _difference(before[key], value, (*path, key), names)


def _elements(before: list[Any], after: list[Any], path: Path, names: Names) -> Iterator[Operation]:
    """From left to right, so that everything to the left is in its final place already."""
    called = [names.identity(each) for each in before], [names.identity(each) for each in after]
    for tag, start, end, target, stop in SequenceMatcher(None, *called, autojunk=False).get_opcodes():
        if tag == "equal":
            for old, new, place in zip(before[start:end], after[target:stop], range(target, stop), strict=True):
                if old != new:
                    yield from names.tests(old, (*path, place))
                    yield from _difference(old, new, (*path, place), names)
            continue
        for old in before[start:end]:
            yield from names.tests(old, (*path, target))
            yield json_patch.remove(*path, target)
        for place in range(target, stop):
            yield json_patch.add(after[place], *path, place)
