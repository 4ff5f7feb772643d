"""What happened, kept small enough for hours: one entry per version, and counts per second."""

from array import array
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Seen:
    """All answers of one version. Moments are seconds since the epoch, of the answer's end."""

    first: float
    last: float = 0.0
    first_failure: float | None = None
    last_failure: float | None = None
    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: "array[float]" = field(default_factory=lambda: array("f"))
    """From the moment a request was due, so that a queue in front of a slow server is not overlooked."""


@dataclass(slots=True)
class Record:
    versions: dict[str, Seen] = field(default_factory=dict)
    pods: Counter[str] = field(default_factory=Counter)
    timeline: dict[int, Counter[tuple[str, int]]] = field(default_factory=dict)
    """By second since the epoch: answers by version and status."""
    users: dict[int, Counter[str]] = field(default_factory=dict)
    """By user: answers by version."""
    sent: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Requests without an answer, by what happened."""
    first_error: float | None = None
    last_error: float | None = None

    def answered(self, version: str, status: int, moment: float, milliseconds: float) -> None:
        seen = self.versions.setdefault(version, Seen(first=moment))
        seen.last = moment
        seen.statuses[status] += 1
        seen.milliseconds.append(milliseconds)
        if is_failure(status):
            seen.first_failure = seen.first_failure or moment
            seen.last_failure = moment
        self.timeline.setdefault(int(moment), Counter())[version, status] += 1

    def served(self, user: int | None, version: str, pod: str) -> None:
        self.pods[pod] += 1
        if user is not None:
            self.users.setdefault(user, Counter())[version] += 1

    def failed(self, what: str, moment: float) -> None:
        self.errors[what] += 1
        self.first_error = self.first_error or moment
        self.last_error = moment


def is_failure(status: int) -> bool:
    return status >= 500  # noqa: PLR2004 - as Istio's users count
