"""Gathers each run's report beside the passes and writes it down at stages, at the verdict and at the end.

    pass ──passed──► report in memory ──worth keeping──► pending ──run──► the `Reports` port

Best effort: a pass neither waits for a report nor fails because of one.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from canary_operator.api.report import RunReport
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run, Status
from canary_operator.core.report.progress import advanced, begun, ended, is_worth_keeping, joined
from canary_operator.core.transitions import Event
from canary_operator.errors import CanaryError
from canary_operator.ports import Identity, Reports, Target
from canary_operator.reconcile.loop import Decision, Rollout
from canary_operator.reconcile.rollout import target_of

ATTEMPTS = 3
PAUSE = 5.0
"""Seconds before the next attempt."""

log = structlog.get_logger(__name__)

Queries = Callable[[Target, str], Mapping[str, str]]
"""Told a rollout and the name of its metrics provider: each metric's query."""


@dataclass(slots=True)
class Draft:
    """The report of one rollout's present run."""

    rollout: Identity
    report: RunReport
    resumed: bool
    """Another process saw its beginning, and may have written it down."""
    taken_back: datetime | None = None
    """When the route was last written without the canary."""
    attempts: int = 0


class Reporting:
    """Told of passes; `run` writes."""

    def __init__(self, reports: Reports, *, queries: Queries, pause: float = PAUSE) -> None:
        """`pause` is in seconds."""
        self._reports = reports
        self._queries = queries
        self._pause = pause
        self._drafts: dict[str, Draft] = {}
        self._pending: dict[tuple[str, str], Draft] = {}
        self._news = asyncio.Event()

    def passed(self, rollout: Rollout, decision: Decision, now: datetime) -> None:
        """A pass was made, over `rollout` as it was before."""
        if rollout.status.run is None and decision.status.run is None:
            return
        try:
            self._follow(rollout, decision, now)
        except Exception:
            log.exception("report_lost", advice="this is a bug of the operator; the run itself goes on")
            self.forget((rollout.uid,))

    def taken_back(self, uid: str, at: datetime) -> None:
        """The route was written without the canary; the pass is not over yet."""
        if (draft := self._drafts.get(uid)) is not None:
            draft.taken_back = at

    def forget(self, uids: Iterable[str]) -> None:
        """Gone, or somebody else's business now; what is pending is not written."""
        for uid in uids:
            self._drafts.pop(uid, None)
            self._pending = {key: draft for key, draft in self._pending.items() if key[0] != uid}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            if not self._pending:
                self._news.clear()
                continue
            key = next(iter(self._pending))
            await self._write(key, self._pending.pop(key))

    def _follow(self, rollout: Rollout, decision: Decision, now: datetime) -> None:
        before, after = rollout.status, decision.status
        draft = self._drafts.get(rollout.uid)
        if draft is None and before.run is not None:
            draft = self._drafts[rollout.uid] = _draft(rollout, before, before.run, resumed=True)
        if draft is not None and (after.run is None or after.run.id != draft.report.run):
            draft.report = ended(draft.report, after, now)
            self._keep(self._drafts.pop(rollout.uid))
            draft = None
        if after.run is None:
            return
        if draft is None:
            draft = self._drafts[rollout.uid] = _draft(rollout, after, after.run, resumed=False)
        draft.report = advanced(draft.report, before, decision, now)
        if is_worth_keeping(before, after):
            draft.report = self._with_queries(rollout, after.run, _timed(draft, after.run, decision))
            self._keep(draft)

    def _with_queries(self, rollout: Rollout, run: Run, report: RunReport) -> RunReport:
        if not isinstance(rollout.spec, Spec):
            return report
        queries = self._queries(target_of(rollout), run.plan.analysis.provider_ref.name)
        metrics = tuple(metric.model_copy(update={"query": queries.get(metric.name, "")}) for metric in report.metrics)
        return report.model_copy(update={"metrics": metrics})

    def _keep(self, draft: Draft) -> None:
        """As it is at this moment; a newer one of the same run replaces one that still waits."""
        self._pending[draft.rollout.uid, draft.report.run] = replace(draft, attempts=0)
        self._news.set()

    async def _write(self, key: tuple[str, str], draft: Draft) -> None:
        try:
            await self._continue(draft)
            await self._reports.keep(draft.rollout, draft.report)
        except CanaryError as error:
            log.warning("report_not_kept", rollout=draft.rollout.key, run=draft.report.run, error=str(error))
            if draft.attempts + 1 < ATTEMPTS:
                self._pending.setdefault(key, replace(draft, attempts=draft.attempts + 1))
            await asyncio.sleep(self._pause)
        except Exception:
            log.exception("report_lost", rollout=draft.rollout.key, advice="this is a bug of the operator")

    async def _continue(self, draft: Draft) -> None:
        """What another process wrote about the beginning belongs to it."""
        if not draft.resumed:
            return
        run = draft.report.run
        earlier = await self._reports.kept(draft.rollout, run)
        present = self._drafts.get(draft.rollout.uid)
        for known in (draft, present if present is not None and present.report.run == run else None):
            if known is not None:
                known.report = joined(earlier, known.report) if earlier is not None else known.report
                known.resumed = False


def _draft(rollout: Rollout, status: Status, run: Run, *, resumed: bool) -> Draft:
    identity = Identity(rollout.namespace, rollout.name, rollout.uid)
    return Draft(identity, begun(rollout.namespace, rollout.name, status, run), resumed)


def _timed(draft: Draft, run: Run, decision: Decision) -> RunReport:
    """How long users met a canary that had been found harmful; the scrape's time is by the provider's clock."""
    seen = run.evidence.at
    if decision.finding.event is not Event.HARMED or draft.taken_back is None or seen is None:
        return draft.report
    return draft.report.model_copy(update={"taken_back_after": max(timedelta(), draft.taken_back - seen)})
