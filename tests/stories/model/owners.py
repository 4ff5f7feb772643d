"""What the owners of the Deployment do to it, and what befalls its pods."""

from canary_operator.api.status import State
from tests.stories.model.anybody import Anybody


class Owners(Anybody):
    __slots__ = ()

    def commit(self) -> None:
        self.commits += 1
        self._template(f"v{self.commits}")

    def revert(self) -> None:
        stable = self.cluster.status.stable_revision
        self._template(stable or self.cluster.deployment.template)

    def unpause(self) -> None:
        if self.cluster.deployment.paused:
            self.cluster.deployment.edit(paused=False)
            self._let_through()

    def scale_down(self) -> None:
        self._scale(5)

    def scale_up(self) -> None:
        self._scale(10)

    def delete_deployment(self) -> None:
        deployment = self.cluster.deployment
        deployment.exists, deployment.adopted = False, False
        deployment.pods.clear()
        self._let_through()

    def bring_deployment_back(self) -> None:
        deployment = self.cluster.deployment
        if not deployment.exists:
            deployment.exists = True
            deployment.edit(paused=False)
            self._let_through()

    def lose_stable_pods(self) -> None:
        self.cluster.deployment.answering = False

    def bring_stable_pods_back(self) -> None:
        self.cluster.deployment.answering = True

    def _past_return(self) -> bool:
        """The Deployment was let go in a promotion: what a new template does then is for another model."""
        run, deployment = self.cluster.status.run, self.cluster.deployment
        if run is None or self.cluster.status.state is not State.PROMOTING:
            return False
        return run.unpaused or not deployment.paused

    def _template(self, revision: str) -> None:
        if self._past_return() or not self.cluster.deployment.exists:
            return
        self.cluster.commit(revision)
        run = self.witness.notes.run
        if run is not None and revision != run.revision:
            run.superseded = True
        if not self.cluster.deployment.paused:
            self._let_through()

    def _let_through(self) -> None:
        """From here on it is somebody else's doing that this template runs."""
        self.witness.notes.trusted.add(self.cluster.deployment.template)
        if self.witness.notes.run is not None:
            self.witness.notes.run.bypassed = True
        self.cluster.settle()

    def _scale(self, replicas: int) -> None:
        self.cluster.deployment.edit(replicas=replicas)
        self.cluster.settle()
