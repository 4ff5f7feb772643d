"""A spec as the API server holds it → our `Spec`, or one message that names field, value and cure."""

import json
from collections.abc import Iterable, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.errors import InvalidCanary

_LONGEST_MESSAGE = 1000
_LONGEST_VALUE = 60


def read_spec(raw: object) -> Spec:
    """Raises InvalidCanary."""
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        message = "; ".join(_complaint(it) for it in found if not _echo(it, found))
        raise InvalidCanary(reasons.INVALID_SPEC, _short(message, _LONGEST_MESSAGE)) from None


def _complaint(found: ErrorDetails) -> str:
    says = found["msg"].removeprefix("Value error, ")
    return f"{_path(found['loc'])}{_value(found['input'])}: {says}"


def _echo(found: ErrorDetails, every: Sequence[ErrorDetails]) -> bool:
    """A list is called too short only because its items were left out as wrong."""
    depth = len(found["loc"])
    return found["type"] == "too_short" and any(it is not found and it["loc"][:depth] == found["loc"] for it in every)


def _path(steps: Iterable[str | int]) -> str:
    """`("stages", 0, "weight")` → `spec.stages[0].weight`."""
    return "spec" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _value(value: object) -> str:
    """A scalar as one would write it in JSON; nothing for a whole object, which the sentence speaks of."""
    if not isinstance(value, str | int | float):
        return ""
    return f" {_short(json.dumps(value, ensure_ascii=False), _LONGEST_VALUE)}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
