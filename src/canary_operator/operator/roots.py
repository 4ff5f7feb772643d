"""Which VirtualServices delegate to which."""

from collections import defaultdict
from collections.abc import Collection

from canary_operator.operator.shelf import Key, key_of
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.delegate import delegates_of


class Roots:
    """Of each VirtualService that delegates only its name is kept, and to which it does.

    Every change is answered with the delegates that are concerned.
    """

    def __init__(self) -> None:
        self._of: dict[Key, frozenset[Key]] = {}
        self._by: defaultdict[Key, set[Key]] = defaultdict(set)

    def of(self, delegate: Key) -> tuple[Key, ...]:
        return tuple(sorted(self._by.get(delegate, ())))

    def learn(self, root: Object) -> frozenset[Key]:
        return self._set(key_of(root), frozenset(delegates_of(root)))

    def forget(self, root: Key) -> frozenset[Key]:
        return self._set(root, frozenset())

    def keep(self, listed: Collection[Key]) -> frozenset[Key]:
        """Those that are not listed are gone, whether we were told of it or not."""
        gone = [root for root in self._of if root not in listed]
        return frozenset().union(*(self.forget(root) for root in gone))

    def _set(self, root: Key, wanted: frozenset[Key]) -> frozenset[Key]:
        before = self._of.pop(root, frozenset())
        if wanted:
            self._of[root] = wanted
        for key in wanted - before:
            self._by[key].add(root)
        for key in before - wanted:
            self._by[key].discard(root)
            if not self._by[key]:
                del self._by[key]
        return before ^ wanted
