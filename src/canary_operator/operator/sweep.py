"""What is read at the beginning, and what watches never say.

A relist reports no deletion, and nothing tells when the first list was handled to its end.
"""

import asyncio
from collections.abc import Collection
from typing import Any

import structlog

from canary_operator.errors import Gone, Unavailable
from canary_operator.operator.shelf import Key, key_of, version_of
from canary_operator.operator.store import Store
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import Resource

PATIENCE_SECONDS = 10.0
"""So long the watches may take to bring what was listed, before each missing object is read."""
LOOK_SECONDS = 0.2
INTERVAL_SECONDS = 180.0
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Sweep:
    """Makes the store agree with the API server."""

    def __init__(self, kubernetes: Kubernetes, store: Store, namespaces: Collection[str]) -> None:
        """No namespace means all of them."""
        self._kubernetes, self._store, self._namespaces = kubernetes, store, namespaces

    async def read(self, resource: Resource) -> None:
        """Every object of a kind, page by page, so that no more than what is kept is held; rollouts come first.

        The watches would bring the same, but one object after the other and each with much ado.
        """
        listed: dict[Key, int] = {}
        for namespace in self._namespaces or (None,):
            async for page in self._kubernetes.pages(resource, namespace):
                for body in page:
                    listed[key_of(body)] = version_of(body)
                    self._store.observe(resource, body)
        await self._settle(resource, listed)

    async def run(self, resources: Collection[Resource]) -> None:
        """Compare at once and then every few minutes."""
        while True:
            for resource in resources:
                await self._until_done(resource)
            await asyncio.sleep(INTERVAL_SECONDS)

    async def once(self, resource: Resource) -> None:
        """Compare names and versions only, and read what differs."""
        listed = {key_of(item): version_of(item) for item in await self._list(resource)}
        await self._wait_for_watches(resource, listed)
        await self._settle(resource, listed)

    async def _settle(self, resource: Resource, listed: dict[Key, int]) -> None:
        for key in self._store.doubtful(resource, listed):
            log.info("swept", kind=resource.kind, namespace=key[0], name=key[1])
            before = self._store.get(resource, *key)
            self._store.settle(resource, await self._kubernetes.get(resource, *key), key, before)
        self._store.complete(resource, listed)

    async def _until_done(self, resource: Resource) -> None:
        """A kind that is not served any more is for our caller."""
        while True:
            try:
                return await self.once(resource)
            except Gone:
                raise
            except Unavailable as error:
                log.warning("sweep_put_off", kind=resource.kind, error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _list(self, resource: Resource) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for namespace in self._namespaces or (None,):
            found += await self._kubernetes.list(resource, namespace, metadata_only=True)
        return found

    async def _wait_for_watches(self, resource: Resource, listed: dict[Key, int]) -> None:
        left = PATIENCE_SECONDS
        while left > 0 and self._store.doubtful(resource, listed):
            await asyncio.sleep(LOOK_SECONDS)
            left -= LOOK_SECONDS
