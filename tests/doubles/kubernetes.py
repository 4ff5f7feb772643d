"""An API server in memory: versions, JSON Patch, preconditions and finalizers as the real one has them."""

import copy
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonpatch

from canary_operator.errors import Conflict, Gone, Refused
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.resources import Resource

Body = dict[str, Any]
Page = list[Body]
Key = tuple[str, str | None, str]
"""Plural, namespace, name."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the server was asked; `operations` is a patch or a body."""

    verb: str
    plural: str
    name: str
    operations: tuple[Operation, ...] = ()


def _undisturbed() -> None:
    """Nobody else writes."""


@dataclass(slots=True)
class InMemoryKubernetes:
    """Speaks like `providers.kubernetes.Kubernetes`.

    `before_write` runs once just before the next write arrives, as another client's write would; it may raise, as a
    network would.
    """

    objects: dict[Key, Body] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    before_write: Callable[[], None] = _undisturbed
    _version: int = 100

    def seed(self, resource: Resource, body: Mapping[str, Any]) -> Body:
        """Store an object as somebody else would, status included."""
        stored = copy.deepcopy(dict(body))
        metadata = stored["metadata"]
        metadata.setdefault("uid", f"uid-{metadata['name']}")
        metadata.setdefault("generation", 1)
        return self._store(self._key(resource, metadata.get("namespace"), metadata["name"]), stored)

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.verb not in {"get", "list"}]

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Body | None:
        self.calls.append(Call("get", resource.plural, name))
        return copy.deepcopy(self.objects.get(self._key(resource, namespace, name)))

    async def list(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Body]:
        self.calls.append(Call("list", resource.plural, ""))
        found = [
            body
            for (plural, place, _), body in sorted(self.objects.items(), key=str)
            if plural == resource.plural
            and namespace in {None, place}
            and _selected(body["metadata"].get("labels") or {}, labels)
            and _selected({f"metadata.{key}": value for key, value in body["metadata"].items()}, fields)
        ]
        return [copy.deepcopy({"metadata": body["metadata"]} if metadata_only else body) for body in found]

    async def pages(self, resource: Resource, namespace: str | None) -> AsyncIterator[Page]:
        """One object on each page."""
        for body in await self.list(resource, namespace):
            yield [body]

    async def create(self, resource: Resource, namespace: str | None, body: Body) -> Body:
        name = body["metadata"]["name"]
        self._write("create", resource, name, (body,))
        if self._key(resource, namespace, name) in self.objects:
            raise Conflict(f"{resource.kind} {name} exists already")
        stored = {key: value for key, value in body.items() if key != "status"}
        stored["metadata"] = {**body["metadata"], "uid": f"uid-{name}-{self._version}", "generation": 1}
        if namespace is not None:
            stored["metadata"]["namespace"] = namespace
        return copy.deepcopy(self._store(self._key(resource, namespace, name), copy.deepcopy(stored)))

    async def patch(  # noqa: PLR0913 - as the real one
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        operations: Sequence[Operation],
        *,
        seen: str | None,
        subresource: str | None = None,
    ) -> Body:
        self._write("patch", resource, name, tuple(operations))
        key = self._key(resource, namespace, name)
        present = self.objects.get(key)
        if present is None:
            raise Gone(f"{resource.kind} {name} does not exist any more")
        try:
            result = jsonpatch.JsonPatch(list(operations)).apply(present)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            moved_on = seen is not None and present["metadata"]["resourceVersion"] != seen
            raise (Conflict if moved_on else Refused)(str(error)) from error
        return copy.deepcopy(self._replace(key, present, _allowed(present, result, subresource)))

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str, resource_version: str | None = None
    ) -> bool:
        self._write("delete", resource, name)
        key = self._key(resource, namespace, name)
        present = self.objects.get(key)
        if present is None:
            return False
        metadata = present["metadata"]
        if metadata["uid"] != uid or resource_version not in {None, metadata["resourceVersion"]}:
            raise Conflict(f"{resource.kind} {name} is no longer the one that was read")
        if metadata.get("finalizers"):
            self._store(key, {**present, "metadata": {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}})
        else:
            del self.objects[key]
        return True

    def _write(self, verb: str, resource: Resource, name: str, operations: tuple[Operation, ...] = ()) -> None:
        self.calls.append(Call(verb, resource.plural, name, operations))
        disturb, self.before_write = self.before_write, _undisturbed
        disturb()

    def _replace(self, key: Key, present: Body, result: Body) -> Body:
        if result == present:
            return present
        metadata = result["metadata"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            del self.objects[key]
            return result
        if _asked(result) != _asked(present):
            metadata["generation"] = present["metadata"].get("generation", 0) + 1
        return self._store(key, result)

    def _store(self, key: Key, body: Body) -> Body:
        self._version += 1
        body["metadata"]["resourceVersion"] = str(self._version)
        self.objects[key] = body
        return body

    @staticmethod
    def _key(resource: Resource, namespace: str | None, name: str) -> Key:
        return (resource.plural, namespace, name)


def _allowed(present: Body, result: Body, subresource: str | None) -> Body:
    """What a write through this door may change, with the fields that the server keeps for itself."""
    if subresource == "status":
        return {**copy.deepcopy(present), "status": result.get("status")}
    kept = ("uid", "name", "namespace", "resourceVersion", "generation")
    own = {key: present["metadata"][key] for key in kept if key in present["metadata"]}
    theirs = {key: value for key, value in result["metadata"].items() if value != {} and key not in kept}
    rest = {key: value for key, value in result.items() if key != "status"}
    status = {"status": present["status"]} if "status" in present else {}
    return {**rest, "metadata": {**theirs, **own}, **status}


def _asked(body: Body) -> Body:
    return {key: value for key, value in body.items() if key not in {"metadata", "status"}}


def _selected(values: Mapping[str, Any], selector: str) -> bool:
    """`a=b,c=d`; a bare key asks for its presence."""
    for term in filter(None, selector.split(",")):
        key, equals, wanted = term.partition("=")
        if key not in values or (equals and values[key] != wanted.removeprefix("=")):
            return False
    return True
