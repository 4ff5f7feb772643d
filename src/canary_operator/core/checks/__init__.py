"""Ordered chains of news, one for each state: the first that has something to say answers.

Each check is named for its news; later checks of a chain may rely on earlier ones.
"""

from canary_operator.api.status import State
from canary_operator.core.checks.cleaning import CLEANING
from canary_operator.core.checks.leaving import LEAVING
from canary_operator.core.checks.outside import OUTSIDE
from canary_operator.core.checks.preparing import PREPARING
from canary_operator.core.checks.promoting import PROMOTING
from canary_operator.core.checks.resting import RESTING
from canary_operator.core.checks.staged import STAGED
from canary_operator.core.checks.standing_in import STANDING_IN
from canary_operator.core.findings import Check

CHECKS: dict[State, tuple[Check, ...]] = {
    State.OUTSIDE: OUTSIDE,
    State.RESTING: RESTING,
    State.PREPARING: PREPARING,
    State.STAGED: STAGED,
    State.PROMOTING: PROMOTING,
    State.STANDING_IN: STANDING_IN,
    State.CLEANING: CLEANING,
    State.LEAVING: LEAVING,
}
