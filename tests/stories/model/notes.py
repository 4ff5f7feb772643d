"""What a witness has seen of one rollout: only what happened, nothing that the operator thinks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api.rollout import Stage

LOOK = timedelta(seconds=5)
BLIND_AFTER = 3 * LOOK
BLATANT = 8
"""So many looks in a row that see nothing but failures are a breach, whatever was good before."""


@dataclass(slots=True)
class RunNotes:
    """One run."""

    id: str
    stages: tuple[Stage, ...]
    """As they were asked for when it began."""
    stage: int = 0
    """The last stage that got its weight."""
    breached: str | None = None
    """Since when no weight may rise, in words."""
    seen: timedelta = timedelta(0)
    """How much of the present stage somebody looked at."""
    looked_at: datetime | None = None
    """The last good look, or the beginning of the stage."""
    bad_requests: int = 0
    """Bad answers of its canary."""
    telling: bool = False
    """What it answered since the last look was bad, all of it, enough to tell, and clean of older weights."""
    bad_looks: int = 0
    """Looks in a row that saw such answers."""
    unready: bool = False
    """Its canary had too few pods at some moment."""
    superseded: bool = False
    """The template was another one at some moment."""
    bypassed: bool = False
    """Somebody let the Deployment roll, or made it anew."""

    @property
    def revision(self) -> str:
        return self.id.split("-")[0]

    def duration(self) -> timedelta:
        return self.stages[self.stage - 1].duration


@dataclass(slots=True)
class Notes:
    """One rollout."""

    run: RunNotes | None = None
    ours: Fraction = Fraction(0)
    """The share that we last wrote."""
    rules: bool = False
    """We last wrote rules for the testers, or for copies."""
    changed_at: datetime | None = None
    """When we did."""
    pulled: bool = False
    """Somebody lowered it, a look saw that, and nobody said resume since."""
    asked: set[str] = field(default_factory=set)
    """Verbs that a person gave, and that have had no effect yet."""
    trusted: set[str] = field(default_factory=lambda: {"v1"})
    """Revisions that stable may carry: analysed by us, or let through by somebody else."""
