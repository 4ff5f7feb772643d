"""The newest copy of everything that a rollout speaks of. It never asks the API server; `sweep` and passes do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.world import Problem
from canary_operator.operator.reading import read_spec, read_status
from canary_operator.operator.references import Reference, References, references_of
from canary_operator.operator.shelf import Key, Shelf, key_of, version_of
from canary_operator.operator.surroundings import Surroundings
from canary_operator.providers.objects import Object, Rival
from canary_operator.providers.resources import ROLLOUTS, WATCHED, Resource

Tell = Callable[[str], None]
"""Told the uid of a rollout."""


class Store:
    """Implements `providers.objects.Objects`.

    Rollouts are kept whole; of the other kinds what a rollout refers to. So rollouts are read first, and an object that
    was seen before the rollout that refers to it is `unread`.
    """

    def __init__(self, *, changed: Tell, everywhere: bool = True) -> None:
        """`changed` is told of a rollout that is new, changed or gone, and when an object it refers to is.

        `everywhere`: all namespaces are watched, so what we don't see does not exist.
        """
        self._changed, self._everywhere = changed, everywhere
        self._around = Surroundings()
        self._shelves = {resource: Shelf() for resource in WATCHED}
        self._synced: set[Resource] = set()
        self._unserved: set[Resource] = set()
        self._names: dict[str, Key] = {}
        self._specs: dict[str, tuple[int, Spec | Problem]] = {}
        self._statuses: dict[str, tuple[int, Status]] = {}
        self._references = References()

    # What the providers ask (`Objects`)

    def synced(self, resource: Resource) -> bool:
        return resource in self._synced

    def served(self, resource: Resource) -> bool:
        return resource not in self._unserved

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        return self._shelves[resource].get((namespace, name))

    def roots(self, namespace: str, name: str) -> tuple[str, ...] | None:
        found = self._around.roots((namespace, name))
        return tuple("/".join(key) for key in found) if found or self._everywhere else None

    def rivals(self, resource: Resource, namespace: str, name: str) -> tuple[Rival, ...]:
        return tuple(self._around.rivals(resource, (namespace, name)))

    def put(self, resource: Resource, body: Object) -> None:
        """Tells nobody: whoever wrote it knows."""
        self._put(resource, body)

    def drop(self, resource: Resource, namespace: str, name: str, before: Object | None) -> None:
        if not self._has_come(resource, (namespace, name), before):
            self._drop(resource, (namespace, name))

    # What the watches bring

    def observe(self, resource: Resource, body: Object) -> None:
        """An object was listed, added or changed."""
        self._tell_each(self._around.learn(resource, body))
        if self._wanted(resource, key_of(body)) and self._put(resource, body):
            self._tell(resource, key_of(body))

    def observe_deletion(self, resource: Resource, body: Object) -> None:
        key = key_of(body)
        self._tell_each(self._around.forget(resource, key))
        users = self._users(resource, key)
        if self._drop(resource, key, uid=body["metadata"]["uid"], version=version_of(body)):
            for uid in users:
                self._changed(uid)

    # What a pass asks

    def uids(self) -> Iterator[str]:
        return iter(tuple(self._names))

    def body(self, uid: str) -> Object | None:
        """The rollout; None when there is none."""
        key = self._names.get(uid)
        return None if key is None else self._shelves[ROLLOUTS].get(key)

    def spec(self, uid: str) -> Spec | Problem:
        """Parsed once for each generation."""
        return self._specs[uid][1]

    def has_run(self, uid: str) -> bool:
        """Without parsing anything."""
        body = self.body(uid) or {}
        return bool((body.get("status") or {}).get("run"))

    def status(self, uid: str) -> Status:
        """As the API server holds it; parsed once for each version."""
        key = self._names[uid]
        version = self._shelves[ROLLOUTS].version(key)
        if (known := self._statuses.get(uid)) is None or known[0] != version:
            known = version, read_status(self._shelves[ROLLOUTS].get(key) or {})
            self._statuses[uid] = known
        return known[1]

    def unread(self, uid: str) -> tuple[Reference, ...]:
        """What this rollout refers to and we know nothing of: it must be read before its absence means anything."""
        return tuple(
            reference
            for reference in self._references.of(uid)
            if self.synced(reference.resource) and not self._shelves[reference.resource].knows(reference.key)
        )

    # What the sweep asks

    def doubtful(self, resource: Resource, listed: Mapping[Key, int]) -> list[Key]:
        """Where a list of the API server (versions by key) and we disagree, or we know nothing."""
        shelf = self._shelves[resource]
        held = shelf.held()
        of_interest = listed.keys() | held if resource == ROLLOUTS else self._referred(resource)
        return [
            key
            for key in of_interest
            if (key in listed and listed[key] > shelf.version(key)) or (key not in listed and key in held)
        ]

    def settle(self, resource: Resource, body: Object | None, key: Key, before: Object | None) -> None:
        """The API server was asked for this very object; what it said is news to the rollouts concerned.

        `before` is what we had of it then.
        """
        users = self._users(resource, key)
        if body is not None and self._put(resource, body):
            self._tell(resource, key)
        elif body is None and not self._has_come(resource, key, before) and self._drop(resource, key):
            for uid in users:
                self._changed(uid)

    def complete(self, resource: Resource, listed: Mapping[Key, int]) -> None:
        """All that was listed is here: from now on absence means something."""
        self._synced.add(resource)
        self._unserved.discard(resource)
        self._tell_each(self._around.keep(resource, listed))
        shelf = self._shelves[resource]
        if resource == ROLLOUTS:
            shelf.forget_absences()
            return
        for key in self._referred(resource) - listed.keys():
            if not shelf.knows(key):
                shelf.drop(key)

    def lost(self, resource: Resource) -> None:
        """The kind is not served any more: nothing is known about absence."""
        self._synced.discard(resource)
        self._unserved.add(resource)
        self._tell_each(self._around.keep(resource, ()))

    # Inside

    def _wanted(self, resource: Resource, key: Key) -> bool:
        return resource == ROLLOUTS or bool(self._references.users(Reference(resource, *key)))

    def _put(self, resource: Resource, body: Object) -> bool:
        if resource != ROLLOUTS:
            return self._wanted(resource, key_of(body)) and self._shelves[resource].put(body)
        if _is_released(body):
            return self._drop(resource, key_of(body), uid=body["metadata"]["uid"], version=version_of(body))
        replaced = self._shelves[ROLLOUTS].get(key_of(body))
        if not self._shelves[ROLLOUTS].put(_without_field_owners(body)):
            return False
        if replaced is not None and replaced["metadata"]["uid"] != body["metadata"]["uid"]:
            self._forget(replaced["metadata"]["uid"])
        self._learn(body)
        return True

    def _has_come(self, resource: Resource, key: Key, before: Object | None) -> bool:
        """A watch has brought another object meanwhile: that it isn't there was said of the time before."""
        present = self._shelves[resource].get(key)
        return present is not None and (before is None or before["metadata"]["uid"] != present["metadata"]["uid"])

    def _drop(self, resource: Resource, key: Key, *, uid: str | None = None, version: int | None = None) -> bool:
        if not self._wanted(resource, key):
            return False
        there = self._shelves[resource].drop(key, uid=uid, version=version)
        if there is not None and resource == ROLLOUTS:
            self._forget(there["metadata"]["uid"])
        return there is not None

    def _learn(self, body: Object) -> None:
        uid, generation = body["metadata"]["uid"], body["metadata"]["generation"]
        self._names[uid] = key_of(body)
        if (known := self._specs.get(uid)) is not None and known[0] == generation:
            return
        spec = read_spec(body)
        self._specs[uid] = generation, spec
        self._refer(uid, references_of(spec, body["metadata"]["namespace"]))

    def _forget(self, uid: str) -> None:
        for memory in (self._names, self._specs, self._statuses):
            memory.pop(uid, None)
        self._refer(uid, frozenset())
        self._changed(uid)

    def _refer(self, uid: str, wanted: frozenset[Reference]) -> None:
        for reference in self._references.set(uid, wanted):
            self._shelves[reference.resource].forget(reference.key)

    def _referred(self, resource: Resource) -> set[Key]:
        return {reference.key for reference in self._references.all_of(resource)}

    def _users(self, resource: Resource, key: Key) -> tuple[str, ...]:
        return () if resource == ROLLOUTS else self._references.users(Reference(resource, *key))

    def _tell_each(self, concerned: Iterable[Reference]) -> None:
        for reference in concerned:
            self._tell(reference.resource, reference.key)

    def _tell(self, resource: Resource, key: Key) -> None:
        if resource != ROLLOUTS:
            users = self._users(resource, key)
        elif (body := self._shelves[ROLLOUTS].get(key)) is not None:
            users = (body["metadata"]["uid"],)
        else:
            users = ()
        for uid in users:
            self._changed(uid)


def _is_released(body: Object) -> bool:
    """On its way out and held by nobody: the next we hear would be its deletion."""
    metadata = body["metadata"]
    return bool(metadata.get("deletionTimestamp")) and not metadata.get("finalizers")


def _without_field_owners(body: Object) -> dict[str, Any]:
    """Half of a rollout's memory, and nobody asks a rollout who owns its fields."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    return {**body, "metadata": metadata}
