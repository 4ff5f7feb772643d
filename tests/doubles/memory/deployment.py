"""The user's Deployment as its controller treats it: pods are replaced over time, and never while it is paused."""

from collections import Counter as Tally
from dataclasses import dataclass, field
from datetime import timedelta

from canary_operator.core.world import DeploymentFacts


@dataclass(slots=True)
class MemoryDeployment:
    exists: bool = True
    template: str = "v1"
    paused: bool = False
    adopted: bool = False
    """It carries our mark."""
    replicas: int = 10
    pods: Tally[str] = field(default_factory=lambda: Tally({"v1": 10}))
    """By the template they were made from."""
    answering: bool = True
    """Its pods are ready."""
    seen: bool = True
    """The controller has seen the newest spec, so that the counts speak of it."""
    generation: int = 1

    @property
    def available(self) -> int:
        return self.pods.total() if self.answering and self.exists else 0

    @property
    def running(self) -> str | None:
        """The revision of all pods; None while they differ."""
        return next(iter(self.pods)) if len(self.pods) == 1 else None

    @property
    def updated(self) -> int:
        """A paused Deployment has no ReplicaSet for a new template, so none of its pods counts."""
        return self.pods[self.template]

    @property
    def pending(self) -> bool:
        """Whatever its controller has seen: the template waits for the Deployment to be unpaused."""
        return self.paused and self.updated == 0 and self.replicas > 0

    def facts(self) -> DeploymentFacts:
        """As `providers/workloads/facts.py` reads them from the controller's counts."""
        pods = self.pods.total()
        return DeploymentFacts(
            revision=self.template,
            paused=self.paused,
            adopted=self.adopted,
            rolled_out=self.seen and self.replicas == pods == self.updated == self.available,
            rolling=self.seen and self.updated < pods and (self.updated > 0 or not self.paused),
            pending=self.seen and self.pending,
            replicas=self.replicas,
            available=self.available,
            progress_deadline=timedelta(minutes=10),
            generation=self.generation,
        )

    def edit(self, *, template: str | None = None, paused: bool | None = None, replicas: int | None = None) -> None:
        """A write of its spec; the controller learns of it later."""
        self.template = self.template if template is None else template
        self.paused = self.paused if paused is None else paused
        self.replicas = self.replicas if replicas is None else replicas
        self.generation += 1
        self.seen = False

    def control(self, most: int | None) -> None:
        """The controller at work: at most so many pods are replaced; None replaces all."""
        self.seen = True
        if not self.exists:
            return
        if self.paused:
            self._scale()
            return
        new = min(self.replicas, self.updated + (self.replicas if most is None else most))
        self.pods = +(Tally({self.template: new}) + self._old(self.replicas - new))

    def _old(self, room: int) -> Tally[str]:
        """The pods of other templates that stay for now."""
        kept: Tally[str] = Tally()
        for revision, count in self.pods.items():
            if revision != self.template and room > 0:
                kept[revision] = min(count, room)
                room -= kept[revision]
        return kept

    def _scale(self) -> None:
        """Scaling a paused Deployment scales what runs."""
        if self.pods.total() != self.replicas and self.pods:
            biggest = max(self.pods, key=lambda revision: self.pods[revision])
            self.pods = Tally({biggest: self.replicas})
