"""One rollout and everything around it at one moment, as far as the API and the gateway tell."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from testbed.soak.observer.facts import Deployment, Rollout, Route


class News(StrEnum):
    """Why there is a new scene."""

    ROUTE = "route"
    ROLLOUT = "rollout"
    STABLE = "Deployment"
    CANARY = "canary Deployment"
    ENDPOINTS = "endpoints"
    COUNTS = "gateway"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Scene:
    """Moments are seconds since the epoch, as the observer learned of things."""

    at: float
    news: News = News.TIME
    leap: bool = False
    """Versions between this one and the one before were missed: a watch had to begin anew."""
    route: Route | None = None
    before: Route | None = None
    """With news of the route: the version before this one."""
    rollout: Rollout | None = None
    stable: Deployment | None = None
    canary: Deployment | None = None
    canary_pods: int = 0
    stable_pods: int = 0
    """Ready endpoints of the two Services."""
    canary_gone_since: float | None = 0.0
    stable_gone_since: float | None = 0.0
    """Since when they have none; None while they have one."""
    blind_since: float | None = None
    """Since when Prometheus is certainly down or frozen."""
    calm_since: float = 0.0
    """Since when nobody disturbs anything that this rollout depends on; in the future while somebody does."""
    mesh_calm_since: float = 0.0
    """Likewise, of istiod alone."""
    asked_at: float = 0.0
    """When an order of a person that may raise a weight was last seen standing at the rollout."""
    reversed_runs: frozenset[str] = frozenset()
    """Runs whose new revision is behind the stable Service, because their commit came in the middle of a promotion."""
    share_by_hand: bool = False
    """A person was the last who changed the share."""
    canary_requests: int = 0
    stable_requests: int = 0
    """What the gateway has sent to the two Services so far."""
    stable_refused: int = 0
    """How many requests to the stable Service the gateway answered itself, because no pod did."""

    @property
    def by_operator(self) -> bool:
        """This version of the route was written by the operator: nobody else writes it without counting it."""
        return self.route is not None and self.before is not None and self.route.edits == self.before.edits

    @property
    def run(self) -> str:
        """The run that the route's record names."""
        return self.route.record.run if self.route and self.route.record else ""

    @property
    def purpose(self) -> str:
        return self.route.record.purpose if self.route and self.route.record else ""

    @property
    def is_reversed(self) -> bool:
        return self.run in self.reversed_runs

    @property
    def new(self) -> Fraction:
        """The share of the run's new revision, on whichever side it is."""
        return self._of_new(self.route)

    @property
    def new_before(self) -> Fraction:
        return self._of_new(self.before)

    @property
    def rises(self) -> bool:
        """The operator gave the new revision more than it had; giving everything back at an end is not meant."""
        ends = self.purpose == "Release" or (self.rollout is not None and self.rollout.deleting)
        return self.by_operator and not ends and self.new > self.new_before

    @property
    def released(self) -> bool:
        """The operator gave stable everything at the end of a promotion."""
        if self.route is None or self.before is None or not self.by_operator:
            return False
        return self.purpose == "Release" and self.route.share == 0 < self.before.share

    @property
    def new_tag(self) -> str:
        """Of the Deployment that carries the new revision."""
        carrier = self.stable if self.is_reversed else self.canary
        return carrier.tag if carrier else ""

    @property
    def new_requests(self) -> int:
        return self.stable_requests if self.is_reversed else self.canary_requests

    def _of_new(self, route: Route | None) -> Fraction:
        share = route.share if route else Fraction(0)
        return 1 - share if self.is_reversed else share
