"""Whether the canary gets the requests that its weight says."""

from canary_operator.api import reasons
from canary_operator.api.evidence import Split
from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Run
from canary_operator.core.evidence.phrases import percent
from canary_operator.core.evidence.share import is_ignored, is_off
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import World

_MOST_NAMES = 3
_WHY_NONE = (
    "Perhaps another route claims the host, the callers have no sidecar, or their gateway is not listed by this route "
    "(mesh stands for sidecars in a VirtualService, and a parentRef of kind Service in an HTTPRoute)"
)
_WHY_NO_USER = "Perhaps no request carries the number that canaryBucket splits by, or no user is in the bucket"
_WHY_OTHER = "Another rule, another route or a caller of its own choice sends to one of the two Services"
_CURE = "analysis.onShareMismatch: Ignore lets later runs go on; annotate promote=true to end this stage, or abort=true"


def misrouted(world: World) -> Finding | None:
    """What is compared would not be what was asked for, so a person is told before anything goes on.

    Users with a cookie are drawn once: a single one with stable's may send everything that was counted, so there no
    number of requests says that nobody follows the route. A canary without any is held for want of requests.
    """
    run = world.run
    if run.plan.analysis.on_share_mismatch == "Ignore":
        return None
    split, weight = run.evidence.split, float(run.weight)
    if not run.evidence.stage_canary and run.plan.cookie is None and is_ignored(split, weight):
        return _held(f"{_none_of(world)}. {_WHY_NONE if run.plan.bucket is None else _WHY_NO_USER}. {_CURE}")
    if is_off(split, weight) and not _is_meant(run, split):
        return _held(f"{_so_many_of(world)}. {_WHY_OTHER}. {_CURE}")
    return None


def _is_meant(run: Run, split: Split) -> bool:
    """Users who stay send as much as they like, and testers who are counted along come on top of the weight."""
    if run.plan.bucket is not None or run.plan.cookie is not None:
        return True
    counted = run.matched and (run.plan.match_service is None or run.reversed)
    return counted and split.canary > run.weight * (split.canary + split.baseline)


def _held(text: str) -> Finding:
    return Finding(Event.HELD, reasons.TRAFFIC_SHARE_MISMATCH, text)


def _none_of(world: World) -> str:
    split, weight = world.run.evidence.split, format_percentage(world.run.weight)
    requests = split.baseline + split.elsewhere
    return f"none of {requests:.0f} requests went to the canary, and its weight is {weight}: nobody follows the route"


def _so_many_of(world: World) -> str:
    split, weight = world.run.evidence.split, format_percentage(world.run.weight)
    requests = split.canary + split.baseline
    share = percent(split.canary / requests)
    return (
        f"{split.canary:.0f} of {requests:.0f} requests went to the canary ({share}), and its weight is {weight}"
        f"{_bystanders(world)}"
    )


def _bystanders(world: World) -> str:
    """Callers that go to stable without the route are not held against it, but they explain much."""
    names = [one.name for one in world.run.evidence.sources if one.canary is None and one.baseline is not None]
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f" (not counted are callers that never send to the canary: {', '.join(names[:_MOST_NAMES])}{more})"
