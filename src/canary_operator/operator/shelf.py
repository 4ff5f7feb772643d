"""The newest copies of the objects of one kind."""

from dataclasses import dataclass

from canary_operator.providers.objects import Object

Key = tuple[str, str]
"""Namespace and name."""


def key_of(body: Object) -> Key:
    metadata = body["metadata"]
    return metadata["namespace"], metadata["name"]


def version_of(body: Object) -> int:
    """The resourceVersion: a number that only grows, over all objects of a kind."""
    return int(body["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such object, as of this version; what is older and still arrives is refused."""

    version: int


class Shelf:
    """For each key an object, the knowledge that there is none, or no knowledge yet."""

    def __init__(self) -> None:
        self._known: dict[Key, Object | Gone] = {}

    def knows(self, key: Key) -> bool:
        return key in self._known

    def get(self, key: Key) -> Object | None:
        known = self._known.get(key)
        return None if isinstance(known, Gone) else known

    def version(self, key: Key) -> int:
        """The version of what is known; -1 where nothing is."""
        known = self._known.get(key)
        match known:
            case None:
                return -1
            case Gone(version):
                return version
        return version_of(known)

    def put(self, body: Object) -> bool:
        """Whether it was news; an older copy, or the same one, is not."""
        key = key_of(body)
        if version_of(body) <= self.version(key):
            return False
        self._known[key] = body
        return True

    def drop(self, key: Key, *, uid: str | None = None, version: int | None = None) -> Object | None:
        """It is gone; with `uid` only if it is that one. Returns what was there."""
        there = self.get(key)
        if there is not None and uid is not None and there["metadata"]["uid"] != uid:
            return None
        self._known[key] = Gone(max(self.version(key), version or 0))
        return there

    def forget(self, key: Key) -> None:
        """Nobody asks for it any more."""
        self._known.pop(key, None)

    def held(self) -> set[Key]:
        """Keys under which there is an object."""
        return {key for key, known in self._known.items() if not isinstance(known, Gone)}

    def forget_absences(self) -> None:
        """Keep objects only."""
        self._known = {key: known for key, known in self._known.items() if not isinstance(known, Gone)}
