from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from canary_operator.providers.metrics.tables import Row


class Server(Protocol):
    """A blocking client of one provider."""

    def ask(self, query: str) -> Sequence[Row]:
        """The rows of an instant query; `Unavailable` when there is no complete answer."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """What one look was like, for the operator's own metrics."""

    provider: str
    seconds: float
    """From the question to the last reading."""
    rollouts: int
    """How many it was taken for."""
    error: str | None
    """Why there is no answer, for a user."""
    skew: timedelta | None
    """The server's clock less ours; None when the answer does not tell."""
