"""One world: a cluster, an operator, others, and a witness; time passes for all of them."""

from datetime import timedelta

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.evidence.sample import Counter
from tests.doubles.memory import MemoryCluster
from tests.stories.model.holds import AT_REST, HOLDS, is_over
from tests.stories.model.outside import Outside
from tests.stories.model.running import Operator
from tests.stories.model.witness import Witness

RATES = {"good": (40, 0.0), "bad": (40, 1.0), "none": (0, 0.0)}
"""Requests a second, and the share of the canary's that fail."""
TESTERS = 10
"""Requests of theirs in each step of time, where there are any."""
CALM = timedelta(minutes=6)
"""Longer than all stages with their extensions, a deadline and a drain."""
MOST_CURES = 12


class World:
    def __init__(
        self,
        specs: tuple[Spec, ...],
        *,
        startup: float = 0,
        rolls: int | None = None,
        lag: bool,
        managed: bool = False,
    ) -> None:
        """`managed`: the operator makes the route."""
        self.cluster = MemoryCluster(specs[0], startup=timedelta(seconds=startup), rolls=rolls, lag=lag)
        self.cluster.makes_route, self.cluster.route_exists = managed, not managed
        self.cluster.testers = TESTERS if specs[0].traffic.canary_matches else 0
        self.witness = Witness(self.cluster)
        self.outside = Outside(self.cluster, self.witness, specs)
        self.operator = Operator(self.cluster, self.witness)

    def passes_time(self, seconds: float, *, step: float = 5) -> None:
        """Requests flow, and the operator works, step by step."""
        left = seconds
        while left > 0:
            self._flows(min(step, left))
            self.operator.work()
            left -= step

    def is_left_alone(self, seconds: float) -> None:
        """The operator is down; everybody else goes on."""
        self.operator.restart()
        self._flows(seconds / 2)
        self._flows(seconds / 2)

    def does(self, deed: str) -> None:
        self.outside.deed(deed)()
        self.operator.work()

    def orders(self, verb: str, value: str = "true") -> None:
        self.outside.order(verb, value)
        self.operator.work()

    def calms_down(self) -> None:
        """Nothing fails from now on, and nothing that is broken is mended: the run ends, or it says why not."""
        self.operator.armed.clear()
        self.outside.quality = "good"
        self.passes_time(CALM.total_seconds(), step=10)
        self.goes_on_or_says_why()

    def goes_on_or_says_why(self) -> None:
        ready, status = self.operator.ready, self.operator.status
        if self.is_at_rest():
            return
        assert ready.reason in HOLDS, f"it stands still in {status.state} with {ready.reason}: {ready.message}"
        hold = HOLDS[ready.reason]
        assert hold.word in ready.message, f"{ready.reason} does not say what to do: {ready.message}"
        assert hold.true(self.cluster, status), f"{ready.reason} is not true: {ready.message}"

    def is_at_rest(self) -> bool:
        """No run is in progress, and none is due."""
        over = is_over(self.operator.status) and self.operator.ready.reason in AT_REST
        return self.cluster.gone or over

    def does_as_told(self) -> None:
        """Whoever follows the messages comes to the end of the run."""
        for _ in range(MOST_CURES):
            if self.is_at_rest():
                return
            reason = self.operator.ready.reason
            if reason == reasons.PROMOTION_BREACH:
                return
            HOLDS[reason].cure(self.outside)
            self.calms_down()
        raise AssertionError(f"whoever does as told gets nowhere: {self.operator.ready}")

    def is_deleted(self) -> None:
        """Nothing of ours stays, and nothing keeps the object."""
        self.outside.delete()
        self.passes_time(60, step=10)
        ready = self.operator.ready
        waits = ready.reason == reasons.NO_STABLE_ENDPOINTS and self.cluster.deployment.available == 0
        assert self.cluster.gone or waits, f"the finalizer stays: {ready.reason}: {ready.message}"

    def _flows(self, seconds: float) -> None:
        self.cluster.passes_time(timedelta(seconds=seconds))
        before, (rate, bad) = self._answered(), RATES[self.outside.quality]
        self.cluster.traffic(round(rate * seconds), canary_bad=bad)
        after = self._answered()
        failed = int(after.bad - before.bad)
        self.witness.served(seconds, failed, int(after.total - before.total) - failed)

    def _answered(self) -> Counter:
        """By the canary, copies too."""
        called, copied = self.cluster.totals["canary"], self.cluster.copied
        return Counter(called.total + copied.total, called.bad + copied.bad)
