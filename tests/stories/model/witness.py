"""Looks on while the operator works, and checks every write against what is true at that moment."""

from datetime import datetime
from fractions import Fraction

from canary_operator.api.status import Run
from canary_operator.core.actions import Action, Purpose, Record, RestoreRoute, SetWeight, Unpause
from canary_operator.core.evidence.judge import judge
from canary_operator.core.plan import terms
from canary_operator.core.world import Reading, Route
from tests.doubles.memory import Look, MemoryCluster
from tests.stories.model import invariants
from tests.stories.model.notes import BLATANT, BLIND_AFTER, LOOK, Notes, RunNotes


class Witness:
    """Told of every write by the cluster, and of the end of every pass by the operator."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self.cluster = cluster
        self.notes = Notes()
        self._looked: object = None
        self._asked: object = None
        cluster.calls.witness = self.written

    def written(self, action: Action, before: Fraction) -> None:
        """A write took effect; `before` is the share just before it."""
        self.after_looks()
        invariants.check(self.cluster, self.notes, action, before)
        match action:
            case SetWeight():
                self._weight(action)
            case RestoreRoute():
                self.notes.ours, self.notes.rules = Fraction(0), False
            case Unpause(revision=revision):
                self.notes.trusted.add(revision)
            case Record(status=status):
                self._run(status.run)

    def after_looks(self) -> None:
        """Take note of what the looks of this pass were told."""
        route, reading = self.cluster.answers.get(Look.ROUTE), self.cluster.answers.get("Reading")
        if isinstance(route, Route) and route is not self._asked:
            self._asked = route
            self._drift(route)
        if isinstance(reading, Reading) and reading is not self._looked:
            self._looked = reading
            self._look(max(source.at for source in reading.sample.sources.values()))

    def after_pass(self, run: Run | None) -> None:
        """What the operator made of it, in memory."""
        self.after_looks()
        self._judged(run)

    def served(self, seconds: float, bad: int, good: int) -> None:
        """The canary answered so many requests."""
        run, now = self.notes.run, self.cluster.now
        if run is None:
            return
        run.bad_requests += bad
        since = self.notes.changed_at
        clean = since is not None and self.notes.ours > 0 and now.timestamp() - seconds >= (since + LOOK).timestamp()
        run.telling = bad >= 20 and good == 0 and clean and seconds >= LOOK.total_seconds()

    def ordered(self, verb: str, value: str) -> None:
        """A person gave this order; one for another run changes nothing."""
        run = self.cluster.status.run
        if value == "true" or (run is not None and value == run.id):
            self.notes.asked.add(verb)
            self.notes.pulled = self.notes.pulled and verb != "resume"

    def _weight(self, action: SetWeight) -> None:
        notes, run = self.notes, self.notes.run
        withdrawn = notes.ours == 0 and not notes.rules
        notes.ours, notes.rules, notes.changed_at = (
            action.weight,
            bool(action.matches or action.copies),
            self.cluster.now,
        )
        if run is None or run.id != action.run:
            return
        if action.purpose is not Purpose.STAGE:
            run.breached = run.breached or f"a weight was written for {action.purpose}"
            notes.pulled = False
        elif action.weight > 0 or action.matches or action.copies:
            self._stage(run, action, withdrawn=withdrawn)

    def _stage(self, run: RunNotes, action: SetWeight, *, withdrawn: bool) -> None:
        """A stage begins, or the weight of the one that runs is written once more."""
        following = action.weight == run.stages[action.stage - 1].weight and action.stage != run.stage
        if following or withdrawn:
            run.seen, run.looked_at, run.bad_looks = run.seen * 0, self.cluster.now, 0
        done = {"resume", "promote"} if following else {"resume"}
        self.notes.asked = self.notes.asked - done | set(self.cluster.verbs)
        run.stage = action.stage if following else run.stage

    def _run(self, run: Run | None) -> None:
        if run is None:
            self.notes.run, self.notes.pulled, self.notes.ours, self.notes.rules = None, False, Fraction(0), False
            self.notes.asked = set(self.cluster.verbs)
        elif self.notes.run is None or self.notes.run.id != run.id:
            self.notes.run = RunNotes(run.id, run.plan.stages)
        if run is not None and run.weight == 0 and not self.cluster.route_exists:
            self.notes.ours, self.notes.pulled = Fraction(0), False
        self._judged(run)

    def _judged(self, run: Run | None) -> None:
        """What the product itself calls a breach is one, whatever happens to that knowledge later."""
        known = self.notes.run
        if run is None or known is None or known.id != run.id or run.pinned is None or known.breached:
            return
        if run.outcome is None and judge(run.evidence, terms(run)).harm:
            known.breached = "the evidence said so"

    def _look(self, at: datetime) -> None:
        run = self.notes.run
        if run is None or run.looked_at is None or at <= run.looked_at:
            return
        gap, run.looked_at = at - run.looked_at, at
        run.seen += min(gap, BLIND_AFTER)
        run.bad_looks, run.telling = run.bad_looks + 1 if run.telling else 0, False
        if run.bad_looks >= BLATANT:
            run.breached = run.breached or f"the canary failed everything in {BLATANT} looks"

    def _drift(self, route: Route) -> None:
        notes, saved = self.notes, self.cluster.status.run
        asked = "resume" in notes.asked or (saved is not None and saved.reapply)
        if (route.share < notes.ours or route.lost) and not asked:
            notes.pulled = True
        elif route.share >= notes.ours > 0 and not route.lost:
            notes.pulled = False
