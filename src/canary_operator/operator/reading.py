"""From the body of a CanaryRollout to what a pass knows of it. Nothing in it can make us fail."""

from collections.abc import Mapping

import structlog
from pydantic import ValidationError

from canary_operator.api import reading, reasons
from canary_operator.api.model import GROUP
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Condition, Status
from canary_operator.core.verbs import VERBS
from canary_operator.core.world import Problem
from canary_operator.errors import InvalidCanary
from canary_operator.providers.objects import Object

_COMPLAINT = 800

log = structlog.get_logger(__name__)


def read_spec(body: Object) -> Spec | Problem:
    """The spec, or the sentence that names the field, what it says and the cure."""
    try:
        return reading.read_spec(body.get("spec") or {})
    except InvalidCanary as invalid:
        return Problem(invalid.reason, invalid.message)


def read_status(body: Object) -> Status:
    """The status as the API server holds it; one that can't be read is begun anew from what is observed."""
    raw = body.get("status") or {}
    try:
        return Status.model_validate(raw)
    except ValidationError as corrupt:
        complaint = f"the status could not be read and is begun anew: {_complaint(corrupt)}"
        log.error("status_corrupt", reason=reasons.CORRUPT_STATUS, complaint=complaint)  # noqa: TRY400 -- the complaint says it all
        return Status(revision=_number(raw.get("revision")), conditions=(_corrupt(body, complaint),))


def read_verbs(body: Object) -> Mapping[str, str]:
    """Verb annotations that are there: verb -> value."""
    annotations = body["metadata"].get("annotations") or {}
    return {verb: annotations[key] for verb in VERBS if (key := f"{GROUP}/{verb}") in annotations}


def _complaint(corrupt: ValidationError) -> str:
    """Field, value and what is wrong with it, of the first thing that is."""
    first = corrupt.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where} is {first['input']!r}: {first['msg']}"[:_COMPLAINT]


def _corrupt(body: Object, complaint: str) -> Condition:
    """The next pass tells people, and writes its own conditions over this."""
    return Condition(
        type="Ready",
        status="False",
        reason=reasons.CORRUPT_STATUS,
        message=complaint,
        last_transition_time=body["metadata"]["creationTimestamp"],
        observed_generation=0,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
