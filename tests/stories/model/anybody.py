"""Somebody who changes the cluster, and lets the witness know what can't be seen from there."""

from dataclasses import dataclass

from canary_operator.api.rollout import Spec
from tests.doubles.memory import MemoryCluster
from tests.stories.model.witness import Witness


@dataclass(slots=True)
class Anybody:
    cluster: MemoryCluster
    witness: Witness
    specs: tuple[Spec, ...]
    """What the user writes, in turn."""
    commits: int = 1
    quality: str = "good"
    """Of the canary's answers: good, bad, or none."""
