"""The edits of the user's Deployment: its mark and its `paused`, nothing else ever."""

from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation, add, drop_metadata, put_metadata, remove
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.marks import LEFT_PAUSED, MANAGED_BY, annotation

Edit = tuple[Operation, ...]


def adopting(deployment: Object, target: Target) -> Edit:
    """Our mark; with `adoption: Pause` the Deployment is paused in the same write."""
    always = target.spec.workload is not None and target.spec.workload.adoption == "Pause"
    marked = annotation(deployment, MANAGED_BY) == target.key
    mark = () if marked else put_metadata(deployment, "annotations", MANAGED_BY, target.key)
    pause = pausing(deployment) if always else ()
    return (*mark, *drop_metadata(deployment, "annotations", LEFT_PAUSED), *pause)


def giving_back(deployment: Object, target: Target, *, unpause: bool) -> Edit:
    """The mark comes off; a Deployment that stays paused says why. One that is not marked for us is left alone."""
    if annotation(deployment, MANAGED_BY) != target.key:
        return ()
    off = drop_metadata(deployment, "annotations", MANAGED_BY)
    if unpause or not deployment["spec"].get("paused"):
        return (*off, *unpausing(deployment))
    why = (
        f"CanaryRollout {target.key} was removed while the pod template was not the one that runs; "
        f"`kubectl rollout resume deployment/{deployment['metadata']['name']}` lets it roll"
    )
    return (*off, add(why, "metadata", "annotations", LEFT_PAUSED))


def pausing(deployment: Object) -> Edit:
    return () if deployment["spec"].get("paused") else (add(True, "spec", "paused"),)


def unpausing(deployment: Object) -> Edit:
    return (remove("spec", "paused"),) if deployment["spec"].get("paused") else ()
