"""Stories: what a person would see, told in the order in which it happens. The loop is the real one."""

from datetime import timedelta
from fractions import Fraction

from canary_operator.api.quantities import parse_percentage
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Condition, State, Status
from canary_operator.core.actions import Action, Announce, Record, SetWeight
from canary_operator.core.transitions import Event
from canary_operator.errors import Conflict
from canary_operator.reconcile.loop import reconcile
from tests.doubles.memory import Crash, MemoryCluster, ports_of

_MOST_PASSES = 60


def a_spec(  # noqa: PLR0913 -- each is one thing that users ask for
    *,
    stages: tuple[str, ...] = ("5%", "25%", "100%"),
    duration: str = "5m",
    workload: bool = True,
    adoption: str = "Policy",
    matches: bool = False,
    mirrors: tuple[str, ...] = (),
    **analysis: object,
) -> Spec:
    """A rollout as a user would write it, `mirrors` before the stages; `analysis` overrides fields of that block."""
    judged = {
        "warmup": "0s",
        "minCanaryRequests": 100,
        "metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}],
        **analysis,
    }
    of_what = (
        {"workload": {"deploymentRef": {"name": "checkout"}, "adoption": adoption}} if workload else {"revision": "v1"}
    )
    return Spec.model_validate(
        {
            **of_what,
            "traffic": {
                "istio": {"virtualServices": [{"name": "checkout"}]},
                "stableService": "checkout",
                **({"canaryMatches": [{"headers": [{"name": "x-canary", "present": True}]}]} if matches else {}),
            },
            "stages": [
                *({"mirror": share, "duration": duration} for share in mirrors),
                *({"weight": weight, "duration": duration} for weight in stages),
            ],
            "analysis": judged,
        }
    )


class Story:
    """One rollout, adopted and at rest, to which things happen."""

    def __init__(self, spec: Spec | None = None) -> None:
        self.cluster = MemoryCluster(spec or a_spec())
        self.working: Status | None = None
        self.highest = Fraction(0)
        self._at_death: str | None = None

    async def passes(self) -> "Story":
        """Pass after pass until nothing is to be done at this moment."""
        for _ in range(_MOST_PASSES):
            if self.cluster.gone:
                return self
            try:
                decision = await reconcile(
                    self.cluster.rollout(self.working), ports_of(self.cluster), self.cluster.now, self.learn
                )
            except Crash:
                self.working = None
                if self._at_death is not None:
                    self.cluster.commit(self._at_death)
                    self._at_death = None
                continue
            except Conflict:
                continue
            self.working = decision.status
            quiet = decision.finding.event in {Event.WAITED, Event.HELD}
            if quiet and (decision.next_due is None or decision.next_due > self.cluster.now):
                return self
        raise AssertionError(f"still busy after {_MOST_PASSES} passes in {self.status.state}: {self.reason}")

    def learn(self, status: Status) -> None:
        self.working = status

    async def adopted(self) -> "Story":
        return await self.passes()

    async def release(self, revision: str) -> "Story":
        """A new template, paused in the same write as the admission policy does."""
        self.cluster.commit(revision)
        self.cluster.log.clear()
        return await self.passes()

    def dies_with(self, revision: str) -> None:
        """This template comes as soon as the process has died, before the next one starts."""
        self._at_death = revision

    async def after(  # noqa: PLR0913 -- each names one thing that flows while time passes
        self,
        *,
        seconds: float = 0,
        minutes: float = 0,
        rate: int = 100,
        canary_bad: float = 0.0,
        baseline_bad: float = 0.0,
        step: float = 5,
    ) -> "Story":
        """Time passes with traffic, look by look."""
        left = seconds + 60 * minutes
        while left > 0:
            span = min(step, left)
            self.cluster.passes_time(timedelta(seconds=span))
            self.cluster.traffic(round(rate * span), canary_bad=canary_bad, baseline_bad=baseline_bad)
            await self.passes()
            left -= span
        return self

    async def orders(self, verb: str, value: str = "true") -> "Story":
        self.cluster.verbs[verb] = value
        return await self.passes()

    async def restarts(self) -> "Story":
        """The process dies and another one begins with what is written down."""
        self.working = None
        return await self.passes()

    @property
    def status(self) -> Status:
        return self.working or self.cluster.status

    @property
    def state(self) -> State:
        return self.status.state

    @property
    def reason(self) -> str:
        return self.condition("Ready").reason

    def condition(self, kind: str) -> Condition:
        return next(condition for condition in self.status.conditions if condition.type == kind)

    @property
    def writes(self) -> list[Action]:
        """Writes that took effect, without what is only told."""
        return [action for action in self.cluster.log if not isinstance(action, Announce)]

    @property
    def told(self) -> list[str]:
        return [action.reason for action in self.cluster.log if isinstance(action, Announce)]

    @property
    def weights(self) -> list[Fraction]:
        return [action.weight for action in self.cluster.log if isinstance(action, SetWeight)]

    def first_write(self) -> Action:
        return self.writes[0]

    @property
    def records(self) -> int:
        return sum(isinstance(action, Record) for action in self.cluster.log)

    def expects(self, *, weight: str, reason: str | None = None, state: State | None = None) -> "Story":
        """The live weight, the Ready condition's reason and the state, where given."""
        assert self.cluster.share == parse_percentage(weight), f"live weight is {self.cluster.share}"
        assert reason is None or self.reason == reason, f"reason is {self.reason}: {self.condition('Ready')}"
        assert state is None or self.state is state, f"state is {self.state}"
        return self
