"""Courses of runs over what was recorded."""

from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api.rollout import Stage
from canary_operator.backtest.course import Course
from canary_operator.backtest.replay import Pin
from canary_operator.core.evidence.terms import Terms

STAGES = (
    Stage(weight=Fraction(1, 10), duration=timedelta(minutes=5)),
    Stage(weight=Fraction(1, 2), duration=timedelta(minutes=5)),
)


def fixed(judged_by: Terms) -> Pin:
    """The same terms whenever a run begins."""
    whole = Course(STAGES, (judged_by, judged_by))

    def pin(_: datetime) -> Course:
        return whole

    return pin
