"""What others do to the route, to the metrics and to the rollout itself, and how users fare."""

from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from tests.stories.model.anybody import Anybody


class Colleagues(Anybody):
    __slots__ = ()

    def turn_bad(self) -> None:
        self.quality = "bad"

    def turn_good(self) -> None:
        self.quality = "good"

    def stop_requests(self) -> None:
        self.quality = "none"

    def pull(self) -> None:
        self._share(self.cluster.share / 2)

    def pull_all(self) -> None:
        self._share(Fraction(0))

    def push(self) -> None:
        self._share(max(self.cluster.share, Fraction(3, 5)))

    def remove_rules(self) -> None:
        self.cluster.matched, self.cluster.copies = False, None

    def set_share_back(self) -> None:
        self._share(self.witness.notes.ours)

    def delete_route(self) -> None:
        self.cluster.route_exists, self.cluster.record, self.cluster.share = False, None, Fraction(0)
        self.cluster.matched, self.cluster.copies = False, None

    def bring_route_back(self) -> None:
        self.cluster.route_exists = True

    def stop_metrics(self) -> None:
        self.cluster.metrics_down = reasons.METRICS_UNAVAILABLE

    def freeze_metrics(self) -> None:
        self.cluster.freeze_metrics()

    def start_metrics(self) -> None:
        self.cluster.metrics_down = self.cluster.frozen = None

    def edit_spec(self) -> None:
        self.cluster.spec = self.specs[self.cluster.generation % len(self.specs)]
        self.cluster.generation += 1

    def break_spec(self) -> None:
        self.cluster.spec_problem = Problem(reasons.INVALID_SPEC, "stages: each weight must be above the one before")
        self.cluster.generation += 1

    def mend_spec(self) -> None:
        self.cluster.spec_problem = None
        self.cluster.generation += 1

    def _share(self, share: Fraction) -> None:
        if self.cluster.route_exists:
            self.cluster.share = share
