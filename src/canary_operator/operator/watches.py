"""The watches, kept going: every kind that is served is watched, and one that is missing is waited for."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine

import structlog

from canary_operator.errors import Refused, Unavailable
from canary_operator.operator.handlers import watch
from canary_operator.operator.store import Store
from canary_operator.operator.sweep import Sweep
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import OPTIONAL, WATCHED, Resource

POLL_SECONDS = 2.0
POLL_OPTIONAL_SECONDS = 10.0
"""Where only kinds are missing that a cluster may well be without."""
FIRST_RESTART_SECONDS = 0.5
LONGEST_RESTART_SECONDS = 10.0
CALM_SECONDS = 60.0
"""Watches that lasted this long are restarted as if nothing had failed before."""

log = structlog.get_logger(__name__)


class KindsChanged(Exception):
    """A kind that was missing is served now."""


class Watches:
    """Watches end when the API server ends one badly or a kind goes away; everything else in the process goes on."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        store: Store,
        namespaces: Collection[str],
        *,
        started: Callable[[], None],
        restarted: Callable[[], None],
    ) -> None:
        self._kubernetes, self._store, self._namespaces = kubernetes, store, namespaces
        self._started, self._restarted = started, restarted
        self._sweep = Sweep(kubernetes, store, namespaces)
        self.missing: tuple[Resource, ...] = ()
        """Kinds that the API server does not serve, or does not show us, as far as we know."""

    def all_synced(self) -> bool:
        """Everything of every kind was seen: what a pass does not find does not exist."""
        return not self.not_ready()

    def not_ready(self) -> list[str]:
        """Why we have not seen everything yet, in sentences."""
        needed = [kind for kind in self.missing if kind not in OPTIONAL]
        missing = [f"the API server does not serve {kind.plural}.{kind.group} {kind.version}" for kind in needed]
        unlisted = [kind for kind in WATCHED if kind not in self.missing and not self._store.synced(kind)]
        return missing + [f"{kind.plural} are not listed yet" for kind in unlisted]

    async def run(self) -> None:
        """Until cancelled."""
        pause, clock = FIRST_RESTART_SECONDS, asyncio.get_running_loop().time
        while True:
            begun = clock()
            try:
                await self._once()
            except KindsChanged:
                pause = 0.0
            except Exception as error:  # noqa: BLE001 -- whatever ended the watches, they are begun again
                log.warning("watches_ended", error=repr(error))
            self._restarted()
            await asyncio.sleep(pause)
            calm = clock() - begun > CALM_SECONDS
            pause = FIRST_RESTART_SECONDS if calm else min(LONGEST_RESTART_SECONDS, pause * 2 or FIRST_RESTART_SECONDS)

    async def _once(self) -> None:
        await self._discover()
        served = [resource for resource in WATCHED if resource not in self.missing]
        for resource in served:
            if not self._store.synced(resource):
                await self._sweep.read(resource)
        parts: dict[str, Coroutine[None, None, None]] = {}
        if served:
            parts |= {"watches": self._watch(served), "sweeps": self._sweep.run(served)}
        if self.missing:
            parts["missing kinds"] = self._wait_for_kinds()
        await _until_one_ends([asyncio.create_task(part, name=name) for name, part in parts.items()])

    async def _watch(self, served: Collection[Resource]) -> None:
        await watch(self._kubernetes, self._store, served, self._namespaces, started=self._started)

    async def _wait_for_kinds(self) -> None:
        before = self.missing
        pause = POLL_OPTIONAL_SECONDS if OPTIONAL.issuperset(before) else POLL_SECONDS
        while self.missing == before:
            await asyncio.sleep(pause)
            with contextlib.suppress(Unavailable):
                await self._discover()
        raise KindsChanged

    async def _discover(self) -> None:
        missing = [resource for resource in WATCHED if not await self._usable(resource)]
        for resource in set(missing) - set(self.missing):
            severity = logging.INFO if resource in OPTIONAL else logging.ERROR
            log.log(severity, "kind_missing", kind=resource.kind, api_version=resource.api_version)
            self._store.lost(resource)
        self.missing = tuple(missing)

    async def _usable(self, resource: Resource) -> bool:
        """Served; and of kinds that a cluster may be without, that we may list it: rights come later than a program.

        Whoever may not see the one kind that nobody here uses must not be blind to all others.
        """
        if not await self._kubernetes.discover(resource):
            return False
        return resource not in OPTIONAL or await self._may_list(resource)

    async def _may_list(self, resource: Resource) -> bool:
        try:
            for namespace in self._namespaces or (None,):
                async for _ in self._kubernetes.pages(resource, namespace, metadata_only=True):
                    break
        except Refused:
            return False
        return True


async def _until_one_ends(tasks: Collection[asyncio.Task[None]]) -> None:
    """Raises why it ended; the others are ended too.

    No task group: one that is cancelled while a task of it fails raises the failure and forgets the cancellation.
    """
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        if task.cancelled():
            raise RuntimeError(f"{task.get_name()} were cancelled by somebody else")
        task.result()
