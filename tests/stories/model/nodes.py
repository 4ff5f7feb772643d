"""What befalls the canary's pods."""

from canary_operator.core.world import Fault, Trouble
from tests.stories.model.anybody import Anybody


class Nodes(Anybody):
    __slots__ = ()

    def delete_canary(self) -> None:
        self.cluster.canary = None
        self._unready()

    def lose_canary_pods(self) -> None:
        self.cluster.trouble = Trouble(Fault.RELEASE, "CrashLoopBackOff")
        self.cluster.lose_canary_pods()
        self._unready()

    def evict_canary_pods(self) -> None:
        self.cluster.lose_canary_pods(for_good=False)
        self._unready()

    def fill_the_cluster(self) -> None:
        self.cluster.trouble = Trouble(Fault.CLUSTER, "0/3 nodes are available; add nodes")
        self.cluster.lose_canary_pods()
        self._unready()

    def bring_canary_pods_back(self) -> None:
        self.cluster.bring_canary_pods_back()

    def _unready(self) -> None:
        if self.witness.notes.run is not None:
            self.witness.notes.run.unready = True
