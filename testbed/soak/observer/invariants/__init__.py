"""What must hold all the time. Each is shown one scene after the other and says what breaks it, if anything does."""

from typing import Protocol

from testbed.soak.observer.invariants.analysed import OnlyAnalysedGetsAll
from testbed.soak.observer.invariants.blind import NeverBlind
from testbed.soak.observer.invariants.breach import NoRiseAfterBreach
from testbed.soak.observer.invariants.endpoints import NoWeightWithoutEndpoints
from testbed.soak.observer.invariants.foreign import ForeignFieldsStay
from testbed.soak.observer.invariants.leftovers import NothingLeft, unrest
from testbed.soak.observer.invariants.reasons import MovesOrSaysWhy
from testbed.soak.observer.invariants.users import StableAlwaysAnswers
from testbed.soak.observer.scene import Scene

__all__ = ["Invariant", "all_invariants", "unrest"]


class Invariant(Protocol):
    """Remembers what it needs of earlier scenes of one rollout."""

    name: str

    def look(self, scene: Scene) -> str | None:
        """What breaks it at this moment, in one sentence."""
        ...


def all_invariants() -> tuple[Invariant, ...]:
    return (
        NoRiseAfterBreach(),
        NoWeightWithoutEndpoints(),
        NeverBlind(),
        ForeignFieldsStay(),
        OnlyAnalysedGetsAll(),
        MovesOrSaysWhy(),
        NothingLeft(),
        StableAlwaysAnswers(),
    )
