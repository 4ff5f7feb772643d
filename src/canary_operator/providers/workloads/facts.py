"""What a Deployment says about itself, from its own status alone."""

from datetime import timedelta

from canary_operator.core.world import CanaryFacts, DeploymentFacts
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.marks import MANAGED_BY, REVISION, annotation
from canary_operator.providers.workloads.revision import revision_of

_DEFAULT_DEADLINE_SECONDS = 600
_MOST_OF_IMAGES = 100


def deployment_facts(body: Object, owner: str, *, autoscaled: bool) -> DeploymentFacts:
    """`owner` is the rollout's `namespace/name`.

    Until the controller has seen the present generation its numbers speak of an older template, so nothing is claimed.
    A paused Deployment has no ReplicaSet for a new template, so none of its pods is counted as updated.
    """
    spec, status = body["spec"], body.get("status") or {}
    wanted, paused = spec.get("replicas", 1), spec.get("paused", False)
    pods, updated = status.get("replicas", 0), status.get("updatedReplicas", 0)
    available = status.get("availableReplicas", 0)
    seen = is_seen(body)
    return DeploymentFacts(
        revision=revision_of(spec["template"]),
        paused=paused,
        adopted=annotation(body, MANAGED_BY) == owner,
        rolled_out=seen and wanted == pods == updated == available,
        rolling=seen and updated < pods and (updated > 0 or not paused),
        pending=seen and paused and updated == 0 and wanted > 0,
        replicas=wanted,
        available=available,
        progress_deadline=timedelta(seconds=spec.get("progressDeadlineSeconds", _DEFAULT_DEADLINE_SECONDS)),
        generation=body["metadata"]["generation"],
        autoscaled=autoscaled,
        images=images_of(spec["template"]),
    )


def images_of(template: Object) -> str:
    """Each container's image without registry, path and digest: `checkout:v2, proxy:1.4`, cut to 100 characters."""
    images = (container["image"].rsplit("/", 1)[-1].split("@", 1)[0] for container in template["spec"]["containers"])
    return ", ".join(images)[:_MOST_OF_IMAGES]


def is_seen(body: Object) -> bool:
    """Whether the controller has seen the present generation, so that the status speaks of it."""
    observed = (body.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= body["metadata"]["generation"])


def canary_facts(body: Object) -> CanaryFacts:
    """Facts of a Deployment that we made."""
    return CanaryFacts(
        revision=annotation(body, REVISION) or "",
        replicas=body["spec"].get("replicas", 1),
        ready=(body.get("status") or {}).get("readyReplicas", 0),
    )
