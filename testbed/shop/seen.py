"""A CanaryRollout as it was seen at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rollout:
    body: Mapping[str, Any]

    @property
    def status(self) -> Mapping[str, Any]:
        """Empty until the operator has written something."""
        found: Mapping[str, Any] = self.body.get("status", {})
        return found

    @property
    def state(self) -> str:
        return str(self.status.get("state", ""))

    @property
    def stage(self) -> str:
        """Such as "2/4"; empty while there is no run."""
        return str(self.status.get("stage") or "")

    @property
    def weight(self) -> str:
        """Such as "25%"; empty while there is no run."""
        return str(self.status.get("weight") or "")

    @property
    def run(self) -> str:
        """Its id; empty while there is none."""
        return str((self.status.get("run") or {}).get("id", ""))

    @property
    def reason(self) -> str:
        """Of the condition Ready, which sums up."""
        return str(self.condition("Ready").get("reason", ""))

    @property
    def message(self) -> str:
        return str(self.condition("Ready").get("message", ""))

    @property
    def held(self) -> bool:
        return (self.status.get("run") or {}).get("hold") is not None

    @property
    def outcomes(self) -> list[str]:
        """Of all finished runs, the newest first."""
        return [str(past["outcome"]) for past in self.status.get("history", [])]

    @property
    def last(self) -> Mapping[str, Any]:
        """The run that finished last; empty before."""
        return next(iter(self.status.get("history", [])), {})

    @property
    def rests(self) -> bool:
        return self.state == "Resting"

    def condition(self, kind: str) -> Mapping[str, Any]:
        conditions = self.status.get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})
