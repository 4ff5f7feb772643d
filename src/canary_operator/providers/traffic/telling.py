"""What a look at an object says of the rules that we inserted in it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object


def with_ours(read: Sequence[Route | Problem], ours: Iterable[tuple[int, Object]]) -> list[Route | Problem]:
    """Whoever they stand before, and whatever has become of that: the first that can be read speaks of them."""
    names = tuple(str(rule["name"]) for _, rule in ours)
    told = list(read)
    first = next((place for place, one in enumerate(read) if isinstance(one, Route)), None)
    if first is not None and isinstance(route := read[first], Route):
        told[first] = replace(route, matched=names)
    return told
