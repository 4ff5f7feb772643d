"""Whether anybody can judge, in words that lead out of it."""

from dataclasses import replace

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import State
from canary_operator.core.checks.metrics import metrics_unusable
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.transitions import Event
from canary_operator.core.world import Unknown
from tests.doubles.worlds import READING, a_run, a_world


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Unknown("no request", reasons.METRICS_MISSING), reasons.METRICS_MISSING),
        (replace(READING, sample=Sample({})), reasons.METRICS_MISSING),
        (Unknown("refused", reasons.METRICS_UNAVAILABLE), reasons.METRICS_UNAVAILABLE),
    ],
)
def test_a_run_that_nobody_can_judge_is_held_with_the_reason(reading: object, reason: str) -> None:
    found = metrics_unusable(a_world(State.PREPARING, a_run(), reading=reading))
    assert found is not None
    assert (found.event, found.reason) == (Event.HELD, reason)


def test_what_is_still_being_measured_is_waited_for() -> None:
    found = metrics_unusable(a_world(State.PREPARING, a_run(), reading=Unknown("measuring", reasons.READING)))
    assert found is not None
    assert found.event is Event.WAITED


def test_a_reading_can_be_judged_by() -> None:
    assert metrics_unusable(a_world(State.PREPARING, a_run(), reading=READING)) is None
