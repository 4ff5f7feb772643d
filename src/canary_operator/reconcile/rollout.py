from collections.abc import Mapping
from dataclasses import dataclass

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.world import Problem
from canary_operator.ports import Identity, Target


@dataclass(frozen=True, slots=True)
class Rollout(Identity):
    """One CanaryRollout as the store has it."""

    generation: int
    spec: Spec | Problem
    status: Status
    """The working copy: ahead of `saved` by the looks since."""
    saved: Status
    """As the API server holds it."""
    deleting: bool
    finalizer: bool
    verbs: Mapping[str, str]


def target_of(rollout: Rollout) -> Target:
    """What the ports act on; a rollout whose spec can't be read has none."""
    if not isinstance(rollout.spec, Spec):
        raise TypeError(f"{rollout.key} refers to nothing: its spec can't be read")
    return Target(rollout.namespace, rollout.name, rollout.uid, rollout.spec)
