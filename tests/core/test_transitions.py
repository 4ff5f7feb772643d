import re
from pathlib import Path

import pytest

from canary_operator.api.status import State
from canary_operator.core.checks import CHECKS
from canary_operator.core.moves import MOVES
from canary_operator.core.transitions import ENDINGS, TRANSITIONS, Event, next_state

CHECK_FILES = Path(__file__).parents[2] / "src" / "canary_operator" / "core" / "checks"


def test_every_state_has_its_chain_and_every_event_its_move() -> None:
    """Nothing can be found that nobody acts on."""
    assert set(CHECKS) == set(State)
    assert set(MOVES) == set(Event)


def test_every_event_is_found_somewhere_and_listed_for_some_state() -> None:
    """The table has no row for news that never comes."""
    found = set(re.findall(r"Event\.([A-Z_]+)", "".join(path.read_text() for path in CHECK_FILES.glob("*.py"))))
    assert found == {event.name for event in Event}
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_a_missing_pair_is_an_error_that_names_both() -> None:
    """What can't happen is not guessed."""
    with pytest.raises(KeyError, match=r"Resting.*StagePassed"):
        next_state(State.RESTING, Event.STAGE_PASSED)


def test_no_ending_leads_back_to_traffic() -> None:
    """Once an outcome is decided the only way is to tidy up."""
    assert {state for (_, event), state in TRANSITIONS.items() if event in ENDINGS} == {State.CLEANING}


def test_a_deletion_is_heard_in_every_state() -> None:
    """Whatever goes on, a deleted rollout gives everything back."""
    for state in set(State) - {State.LEAVING}:
        assert next_state(state, Event.DELETED) is State.LEAVING
