"""Many rollouts at once, written through the API: kubectl would need minutes for a thousand."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from testbed.api import Api, connected
from testbed.shop import NAME, application, rollout
from testbed.shop.manifests import ANALYSIS, deployment, route, service
from testbed.state import State

Object = dict[str, Any]

IDLE_NAMESPACES = 10
_AT_ONCE = 32
_PLURALS = {
    "CanaryRollout": "canaryrollouts",
    "Deployment": "deployments",
    "Namespace": "namespaces",
    "Service": "services",
    "VirtualService": "virtualservices",
}


async def create(state: State, objects: Iterable[Object]) -> None:
    """Each kind before the next one; what exists stays."""
    waiting: dict[str, list[Object]] = {}
    for one in objects:
        waiting.setdefault(one["kind"], []).append(one)
    async with connected(state) as api:
        for kind in sorted(waiting, key=_turn):
            await _each(api, waiting[kind])


async def release_all(state: State, namespace: str, names: Sequence[str]) -> None:
    """A new revision in each rollout that moves traffic only."""
    free = asyncio.Semaphore(_AT_ONCE)
    async with connected(state) as api, asyncio.TaskGroup() as tasks:
        for name in names:
            path = f"/apis/canary-operator.dev/v1alpha1/namespaces/{namespace}/canaryrollouts/{name}"
            tasks.create_task(_patch(api, free, path, {"spec": {"revision": "v2"}}))


async def release(state: State, namespaces: Sequence[str], tag: str) -> None:
    """A new image in the Deployment of each shop."""
    body = {"spec": {"template": deployment(tag, 1)["spec"]["template"]}}
    async with connected(state) as api, asyncio.TaskGroup() as tasks:
        for namespace in namespaces:
            path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{NAME}"
            tasks.create_task(api.patch(path, body))


def idle(first: int, last: int) -> Iterator[Object]:
    """Rollouts that move traffic only and have nothing to move, numbered from `first` up to but without `last`."""
    yield from (_namespace(f"idle-{number}") for number in range(IDLE_NAMESPACES))
    for number in range(first, last):
        namespace, name = f"idle-{number % IDLE_NAMESPACES}", f"{NAME}-{number}"
        for body in (service(name), service(f"{name}-canary"), _mesh_route(name), _traffic_only(name)):
            body["metadata"]["namespace"] = namespace
            yield body


def shops(count: int) -> list[str]:
    """The namespaces of so many shops."""
    return [f"busy-{number}" for number in range(count)]


def host(namespace: str) -> str:
    """Where the users of a shop go."""
    return f"{NAME}.{namespace}.example"


def shop(namespace: str) -> Iterator[Object]:
    """A Deployment of one pod with its Service, route and rollout, whose first stage lasts."""
    yield _namespace(namespace)
    for body in (*application("v1", host(namespace), 1), rollout([("10%", "1h")], {"warmup": "0s"})):
        body["metadata"]["namespace"] = namespace
        yield body


def crowd(namespace: str, names: Sequence[str]) -> Iterator[Object]:
    """Rollouts that all judge the same two Services, each with a route of its own that nobody uses.

    The requests that they count go through one more route, at the gateway, which sends every tenth to the canary.
    """
    yield _namespace(namespace)
    canary = f"{NAME}-canary"
    arms = [(NAME, 9), (canary, 1)]
    split = route(host(namespace))
    split["spec"]["http"][1]["route"] = [{"destination": {"host": arm}, "weight": 10 * part} for arm, part in arms]
    for body in (*_arm(NAME, "v1"), *_arm(canary, "v2"), split, *(one for name in names for one in _watcher(name))):
        body["metadata"]["namespace"] = namespace
        yield body


def _arm(name: str, tag: str) -> Iterator[Object]:
    """A Deployment of one pod, and its Service."""
    body = deployment(tag, 1)
    labels = {"app": name}
    body["metadata"]["name"] = name
    body["spec"]["selector"]["matchLabels"] = body["spec"]["template"]["metadata"]["labels"] = labels
    yield body
    yield service(name)


def _watcher(name: str) -> tuple[Object, Object]:
    rollout_body = _traffic_only(name)
    rollout_body["spec"]["traffic"]["stableService"] = NAME
    rollout_body["spec"]["stages"] = [{"weight": "10%", "duration": "1h"}]
    rollout_body["spec"]["analysis"]["warmup"] = "0s"
    route_body = _mesh_route(name)
    route_body["spec"]["http"][0]["route"][0]["destination"]["host"] = NAME
    return route_body, rollout_body


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _mesh_route(name: str) -> Object:
    """Not at the gateway, which has enough to do."""
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name},
        "spec": {"hosts": [name], "http": [{"route": [{"destination": {"host": name}}]}]},
    }


def _traffic_only(name: str) -> Object:
    return {
        "apiVersion": "canary-operator.dev/v1alpha1",
        "kind": "CanaryRollout",
        "metadata": {"name": name},
        "spec": {
            "revision": "v1",
            "traffic": {"istio": {"virtualServices": [{"name": name}]}, "stableService": name},
            "stages": [{"weight": "10%", "duration": "10m"}],
            "analysis": dict(ANALYSIS),
        },
    }


def _turn(kind: str) -> int:
    """Namespaces first, the rollout when everything that it refers to is there."""
    return ("Namespace", "Service", "Deployment", "VirtualService", "CanaryRollout").index(kind)


async def _patch(api: Api, free: asyncio.Semaphore, path: str, body: Object) -> None:
    async with free:
        await api.patch(path, body)


async def _each(api: Api, objects: Sequence[Object]) -> None:
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(body: Object) -> None:
        async with free:
            await api.create(_path(body), body)

    async with asyncio.TaskGroup() as tasks:
        for body in objects:
            tasks.create_task(one(body))


def _path(body: Object) -> str:
    root = "/api/" if body["apiVersion"] == "v1" else "/apis/"
    namespace = body["metadata"].get("namespace")
    where = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{body['apiVersion']}{where}/{_PLURALS[body['kind']]}"
