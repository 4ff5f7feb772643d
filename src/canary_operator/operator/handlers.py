"""kopf as an entrance: its watches bring bodies, and it writes nothing.

Only `on.event` handlers are used: nothing of kopf's is stored in the cluster, so every replica may watch.
"""

import asyncio
import itertools
from collections.abc import Callable, Collection, Iterator
from typing import Any

import kopf

from canary_operator.api.model import GROUP
from canary_operator.operator.store import Store
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import Resource

_LONGEST_BACKOFF = 10.0
_CHUNK = 500


async def watch(
    kubernetes: Kubernetes,
    store: Store,
    resources: Collection[Resource],
    namespaces: Collection[str],
    *,
    started: Callable[[], None],
) -> None:
    """Watch these kinds until kopf gives up, which is raised; no namespace means all of them.

    kopf claims the signals of the process when it starts: `started` is called after that, to claim them back. And it
    ends every task of the event loop that is younger than itself, so it is told that none of them is its own; its
    watchers end with its root tasks.
    """
    tasks = await kopf.spawn_tasks(
        registry=_registry(kubernetes, store, resources),
        settings=_settings(),
        clusterwide=not namespaces,
        namespaces=namespaces,
    )
    started()
    try:
        await kopf.run_tasks(tasks, ignored=_Everything())
    finally:
        await asyncio.sleep(0)  # its streams are closed by tasks of their own
    raise RuntimeError("the watches ended")


def _registry(kubernetes: Kubernetes, store: Store, resources: Collection[Resource]) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    for resource in resources:
        _hear(registry, store, resource)

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        access = await kubernetes.access()
        return kopf.ConnectionInfo(
            server=access.server,
            ca_path=access.ca_file,
            insecure=not access.verify,
            certificate_path=access.certificate_file,
            private_key_path=access.key_file,
            scheme=access.scheme,
            token=access.token,
        )

    return registry


def _hear(registry: kopf.OperatorRegistry, store: Store, resource: Resource) -> None:
    @kopf.on.event(resource.group, resource.version, resource.plural, registry=registry)
    async def _event(event: kopf.RawEvent, **_: Any) -> None:
        body: Any = event["object"]
        if event["type"] == "DELETED":
            store.observe_deletion(resource, body)
        else:
            store.observe(resource, body)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.posting.loggers = False
    settings.peering.standalone = True
    settings.queueing.worker_limit = None
    settings.queueing.exit_timeout = 0.5
    settings.watching.chunk_size = _CHUNK
    settings.networking.connect_timeout = 5
    settings.networking.request_timeout = 30
    settings.networking.error_backoffs = _Backoffs()
    settings.persistence.finalizer = f"{GROUP}/kopf"
    settings.persistence.diffbase_storage = _NoDiff()
    settings.persistence.progress_storage = _NoProgress()
    settings.process.ultimate_exiting_timeout = None  # else a restart of the watches kills the process 10 minutes later
    return settings


class _Backoffs:
    """0.5 s, 1 s, 2 s … 10 s, 10 s, and so on for ever; begun anew for each request."""

    def __iter__(self) -> Iterator[float]:
        return (min(_LONGEST_BACKOFF, 0.5 * 2 ** min(attempt, 5)) for attempt in itertools.count())


class _Everything(set["asyncio.Task[Any]"]):
    """Contains every task."""

    def __contains__(self, _: object) -> bool:
        return True


class _NoDiff(kopf.DiffBaseStorage):
    """kopf compares nothing: that halves its work, and nothing of ours asks for it."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is stored."""


class _NoProgress(kopf.ProgressStorage):
    def fetch(self, **_: Any) -> None:
        """Nothing was stored."""

    def store(self, **_: Any) -> None:
        """Nothing is stored."""

    def purge(self, **_: Any) -> None:
        """Nothing was stored."""

    def touch(self, **_: Any) -> None:
        """Nothing is stored."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence
