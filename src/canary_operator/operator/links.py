"""What some objects say of others: from each to several, and back."""

from collections import defaultdict
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from canary_operator.operator.shelf import Key

Target = TypeVar("Target", bound=Hashable)


class Links(Generic[Target]):
    """Of each object only its name is kept, and what it names. A change is answered with what is concerned by it."""

    def __init__(self) -> None:
        self._of: dict[Key, frozenset[Target]] = {}
        self._by: defaultdict[Target, set[Key]] = defaultdict(set)

    def of(self, key: Key) -> frozenset[Target]:
        return self._of.get(key, frozenset())

    def to(self, target: Target) -> tuple[Key, ...]:
        return tuple(sorted(self._by.get(target, ())))

    def set(self, key: Key, wanted: frozenset[Target]) -> frozenset[Target]:
        before = self._of.pop(key, frozenset())
        if wanted:
            self._of[key] = wanted
        for target in wanted - before:
            self._by[target].add(key)
        for target in before - wanted:
            self._by[target].discard(key)
            if not self._by[target]:
                del self._by[target]
        return before ^ wanted

    def gone(self, listed: Collection[Key]) -> list[Key]:
        """Those that a whole list does not have."""
        return [key for key in self._of if key not in listed]
