"""What one decision may order: frozen imperatives, absolute and repeatable.

`reconcile/execute.py` performs them in order; doing one twice changes nothing the second time.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.status import Status
from canary_operator.core.cookies import Cookies
from canary_operator.core.copies import Copies


class Purpose(StrEnum):
    """Why a weight was written; it stands in the route's own record."""

    STAGE = "Stage"
    ROLL_BACK = "RollBack"
    RELEASE = "Release"


@dataclass(frozen=True, slots=True)
class Record:
    """Write the status down."""

    status: Status


@dataclass(frozen=True, slots=True)
class SetWeight:
    """The canary gets this share of what stable and canary receive together (0 to 1)."""

    weight: Fraction
    purpose: Purpose
    run: str
    stage: int
    decided_on: Fraction | None = None
    """The live share that a rise was decided on; a fall is written over any."""
    apart: tuple[tuple[str, Fraction], ...] = ()
    """Of several routes those that had another one then: name, share."""
    lost: tuple[str, ...] = ()
    """Rules of ours that were known to be gone when it was decided on."""
    reversed: bool = False
    """The new revision has the rest of the share, as in a reversed run."""
    matches: tuple[CanaryMatch, ...] = ()
    """Requests that the new revision gets beside that; those of the order before are forgotten."""
    match_service: str | None = None
    """The Service that those go through, where it is not the canary's."""
    bucket: CanaryBucket | None = None
    """By which number of a user the share is split, instead of by chance."""
    cookies: Cookies | None = None
    """By which users keep what chance gave them."""
    copies: Copies | None = None
    """Requests of which the new revision gets a copy."""

    def may_replace(self, live: Fraction, name: str = "") -> bool:
        """Whether it may be written over this live share; somebody may have changed it since the look."""
        rises = self.weight < live if self.reversed else self.weight > live
        return self.decided_on is None or live == dict(self.apart).get(name, self.decided_on) or not rises

    def overlooks(self, lost: tuple[str, ...]) -> bool:
        """Whether somebody took rules of ours away since the look, which only a person's word brings back."""
        return self.decided_on is not None and not set(lost) <= set(self.lost)


@dataclass(frozen=True, slots=True)
class MakeRoutes:
    """Routes that are ours to make, and that are not there, exist; one that is there is not touched."""

    order: SetWeight | None = None
    """What they say from the beginning; without it all traffic goes to stable."""


@dataclass(frozen=True, slots=True)
class RestoreRoute:
    """Give the route back as its owner wrote it, less their own edits meanwhile."""


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Nobody can delete the rollout without giving us the time to tidy up."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Nothing of ours is left; the object may go."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Mark the Deployment as ours, so that a new template pauses it; make the canary Service where there is none."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Take the mark off the Deployment and remove our canary Service.

    A Deployment whose template is not the one that runs stays paused and says why; `unpause` says which it is.
    """

    unpause: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the Deployment from rolling out its template (it tests that the template still has this revision)."""

    revision: str


@dataclass(frozen=True, slots=True)
class Unpause:
    """Let the Deployment roll to its template, if that still has this revision."""

    revision: str


@dataclass(frozen=True, slots=True)
class EnsureCanary:
    """The canary Deployment exists with the pod template of this revision and so many replicas."""

    revision: str
    replicas: int


@dataclass(frozen=True, slots=True)
class RemoveCanary:
    """The canary Deployment is gone."""


@dataclass(frozen=True, slots=True)
class RemoveVerb:
    """Take a verb's annotation off the rollout, if it still has this value."""

    verb: str
    value: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell people by a Kubernetes event."""

    reason: str
    message: str
    warning: bool = False


Action = (
    Record
    | SetWeight
    | MakeRoutes
    | RestoreRoute
    | AddFinalizer
    | RemoveFinalizer
    | Adopt
    | Abandon
    | Pause
    | Unpause
    | EnsureCanary
    | RemoveCanary
    | RemoveVerb
    | Announce
)
