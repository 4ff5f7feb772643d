"""Worlds as a test means them: everything healthy, except what the test says."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from canary_operator.api.status import Run, State, Status
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.plan import new_run
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Reading, Route, World
from tests.doubles.memory import NOON
from tests.doubles.story import a_spec

SPEC = a_spec()
DEPLOYMENT = DeploymentFacts(
    revision="v2",
    paused=True,
    adopted=True,
    rolled_out=False,
    rolling=False,
    pending=True,
    replicas=10,
    available=10,
    progress_deadline=timedelta(minutes=10),
    generation=7,
)
AT_REST = replace(DEPLOYMENT, revision="v1", paused=False, pending=False, rolled_out=True)
READING = Reading(
    Sample({"gateway": SourceSample(NOON, Counter(0, 0), Counter(0, 0))}),
    scrape=timedelta(seconds=5),
    settle=timedelta(seconds=5),
)


def a_run(**changes: Any) -> Run:
    """A run for v2 that has begun and has no traffic yet."""
    run = new_run(Status(runs=0), SPEC, "v2", 10, NOON)
    return run.model_copy(update={"prepare_by": NOON + timedelta(minutes=10), **changes})


def at_stage(stage: int = 1, weight: str = "1/20", **changes: Any) -> Run:
    """A run whose stage began at noon and lasts five minutes."""
    times = {"weight_changed_at": NOON, "looked_at": NOON, "ends_at": NOON + timedelta(minutes=5), "prepare_by": None}
    return a_run(**{"stage": stage, "weight": Fraction(weight), **times, **changes})


def a_world(state: State, run: Run | None = None, *, status: Mapping[str, object] | None = None, **parts: Any) -> World:
    """A healthy world in this state; `parts` are fields of World, `status` fields of Status."""
    known = Status(state=state, run=run, stable_revision="v1").model_copy(update=status or {})
    weight = run.weight if run is not None else Fraction(0)
    facts: dict[str, Any] = {
        "route": Route(weight, None),
        "deployment": AT_REST if run is None else DEPLOYMENT,
        "canary": CanaryFacts("v2", 3, 3),
        "endpoints": Endpoints(10, 3),
        "reading": READING,
        **parts,
    }
    world = World(now=NOON, name="checkout", generation=3, spec=SPEC, status=known, saved=known)
    return replace(world, **facts)
