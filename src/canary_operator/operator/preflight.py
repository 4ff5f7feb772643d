"""Looks for known pitfalls when a run begins, and tells them by events: beside the passes, which wait for nothing.

What it finds is allowed, so it stops nothing: a route that no sidecar obeys is held later, when nobody follows it. Who
is told before need not find out then.
"""

import asyncio

import structlog

from canary_operator.api import reasons
from canary_operator.api.model import KIND
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import Announce
from canary_operator.errors import CanaryError
from canary_operator.lint.every import pitfalls_on_the_way
from canary_operator.lint.files import Files, Pitfall
from canary_operator.ports import Journal, Neighbours, Target
from canary_operator.providers.traffic.kinds import kind_for
from canary_operator.reconcile.loop import Decision, Rollout
from canary_operator.reconcile.rollout import target_of

MOST = 10
"""Of one run; whoever has more will find them with `canary-operator lint`."""

log = structlog.get_logger(__name__)


class Preflight:
    """Told of passes; `run` looks."""

    def __init__(self, neighbours: Neighbours, journal: Journal) -> None:
        self._neighbours = neighbours
        self._journal = journal
        self._waiting: dict[str, Target] = {}
        self._news = asyncio.Event()

    def passed(self, rollout: Rollout, decision: Decision) -> None:
        """A pass was made, over `rollout` as it was before; is it the one that began a run?"""
        run, before = decision.status.run, rollout.status.run
        if run is None or (before is not None and before.id == run.id) or not isinstance(rollout.spec, Spec):
            return
        self._waiting[rollout.uid] = target_of(rollout)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await self._look(self._waiting.pop(next(iter(self._waiting))))

    async def _look(self, target: Target) -> None:
        try:
            for one in (await self._found(target))[:MOST]:
                told = Announce(reasons.PITFALL, f"{one.rule}: {one.subject}: {one.sentence}", warning=True)
                await self._journal.announce(target, told)
        except CanaryError as error:
            log.info("preflight_left_out", rollout=target.key, error=str(error))
        except Exception:
            log.exception("preflight_lost", rollout=target.key, advice="this is a bug of the operator")

    async def _found(self, target: Target) -> list[Pitfall]:
        ours = {
            "kind": KIND,
            "metadata": {"namespace": target.namespace, "name": target.name},
            "spec": target.spec.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        around = await self._neighbours.around(target)
        return pitfalls_on_the_way(Files((ours, *around), target.namespace), _routes(target))


def _routes(target: Target) -> set[str]:
    """What is wrong with other routes of the namespace is for somebody else to hear."""
    kind = kind_for(target)
    return {f"{kind.resource.kind} {target.namespace}/{name}" for name in kind.names(target)}
