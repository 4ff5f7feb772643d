"""Whatever happens, in any order and at any await: docs/invariants.md holds."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.stories.model.outside import DEEDS, INTERRUPTIONS, VALUES, VERBS
from tests.stories.model.plans import FIRST, plans
from tests.stories.model.world import World


class Model(RuleBasedStateMachine):
    """Others and faults do their worst; the witness checks every write."""

    world: World

    @initialize(
        startup=st.sampled_from([0, 3, 12]),
        rolls=st.sampled_from([None, 4, 1]),
        lag=st.booleans(),
        adoption=st.sampled_from(["Policy", "Policy", "Pause"]),
        depth=st.integers(0, 30),
        first=st.sampled_from(FIRST),
        managed=st.sampled_from([False, False, True]),
    )
    def begins(  # noqa: PLR0913 -- a world has so many sides
        self, *, startup: int, rolls: int | None, lag: bool, adoption: str, depth: int, first: str, managed: bool
    ) -> None:
        """A rollout that is new, or so far in its first run."""
        self.world = World(plans(adoption, first=first), startup=startup, rolls=rolls, lag=lag, managed=managed)
        self.world.operator.work()
        if depth:
            self.world.passes_time(15)
            self.world.does("commit")
            self.world.passes_time(5 * depth)

    @rule(steps=st.integers(1, 8), step=st.sampled_from([5, 5, 1, 20]))
    def time_passes(self, steps: int, step: int) -> None:
        self.world.passes_time(steps * step, step=step)

    @rule(deed=st.sampled_from(DEEDS))
    def somebody(self, deed: str) -> None:
        self.world.does(deed)

    @rule(verb=st.sampled_from(VERBS), value=st.sampled_from(VALUES))
    def a_person_orders(self, verb: str, value: str) -> None:
        self.world.orders(verb, value)

    @rule(distance=st.integers(1, 30), deed=st.sampled_from(INTERRUPTIONS + DEEDS))
    def in_the_middle_of_a_pass(self, distance: int, deed: str) -> None:
        """So many calls from now."""
        self.world.operator.arm(distance, self.world.outside.deed(deed))

    @rule(distance=st.integers(1, 30), verb=st.sampled_from(VERBS))
    def a_person_orders_in_the_middle_of_a_pass(self, distance: int, verb: str) -> None:
        self.world.operator.arm(distance, lambda: self.world.outside.order(verb, "true"))

    @rule()
    def the_operator_restarts(self) -> None:
        self.world.operator.restart()

    @rule(seconds=st.sampled_from([3, 20, 90, 600]))
    def the_operator_is_down(self, seconds: int) -> None:
        self.world.is_left_alone(seconds)

    @precondition(lambda self: not self.world.cluster.deleting)
    @rule(distance=st.integers(1, 60))
    def the_rollout_is_deleted(self, distance: int) -> None:
        self.world.operator.arm(distance, self.world.outside.deed("delete"))

    def teardown(self) -> None:
        """It comes to rest or says why not; whoever does as told comes to its end; deleted, it leaves nothing."""
        if hasattr(self, "world") and not self.world.cluster.gone:
            self.world.calms_down()
            self.world.does_as_told()
            self.world.is_deleted()


TestModel = pytest.mark.thorough(Model.TestCase)
TestModel.settings = settings(stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
