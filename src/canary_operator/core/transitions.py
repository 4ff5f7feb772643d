"""Every transition lives here: (state, event) -> state.

The diagram in docs/states.md is drawn from this table. A pair that is missing can't happen; asking for it is an error
that names both.
"""

from enum import StrEnum

from canary_operator.api.status import State


class Event(StrEnum):
    """What a pass found, named in the past."""

    WAITED = "Waited"
    HELD = "Held"
    DELETED = "Deleted"
    LEFTOVER_FOUND = "LeftoverFound"

    ROUTE_WANTED = "RouteWanted"
    ADOPTABLE = "Adoptable"
    ADOPTED = "Adopted"
    ORPHANED = "Orphaned"
    RESTARTED = "Restarted"
    PAUSE_WANTED = "PauseWanted"
    REVISION_FOUND = "RevisionFound"

    CANARY_WANTED = "CanaryWanted"
    CANARY_READY = "CanaryReady"
    CANARY_LOST = "CanaryLost"
    WEIGHT_WANTED = "WeightWanted"
    STAGE_PASSED = "StagePassed"
    LAST_STAGE_PASSED = "LastStagePassed"
    UNPAUSE_DUE = "UnpauseDue"
    OVERTAKEN = "Overtaken"
    RETURNED = "Returned"

    HARMED = "Harmed"
    OVERDUE = "Overdue"
    STARVED = "Starved"
    ABORTED = "Aborted"
    SUPERSEDED = "Superseded"
    BYPASSED = "Bypassed"
    ROLLED_OUT = "RolledOut"

    TRAFFIC_LEFT = "TrafficLeft"
    DRAINED = "Drained"
    TAKEN_BACK = "TakenBack"
    TIDIED = "Tidied"
    TIDIED_AFTER_BYPASS = "TidiedAfterBypass"
    GIVEN_BACK = "GivenBack"


ENDINGS = (
    Event.HARMED,
    Event.OVERDUE,
    Event.STARVED,
    Event.ABORTED,
    Event.SUPERSEDED,
    Event.BYPASSED,
    Event.ROLLED_OUT,
)
"""Events that decide how a run ends."""

_BEFORE_RETURN = tuple(event for event in ENDINGS if event is not Event.ROLLED_OUT)
_STAYS = (Event.WAITED, Event.HELD)

_MOVES: dict[State, dict[Event, State]] = {
    State.OUTSIDE: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.OUTSIDE,
        Event.LEFTOVER_FOUND: State.CLEANING,
        Event.RESTARTED: State.OUTSIDE,
        Event.ADOPTABLE: State.RESTING,
        Event.ADOPTED: State.RESTING,
    },
    State.RESTING: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.RESTING,
        Event.LEFTOVER_FOUND: State.CLEANING,
        Event.ORPHANED: State.OUTSIDE,
        Event.RESTARTED: State.RESTING,
        Event.PAUSE_WANTED: State.RESTING,
        Event.REVISION_FOUND: State.PREPARING,
    },
    State.PREPARING: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.PREPARING,
        Event.PAUSE_WANTED: State.PREPARING,
        Event.CANARY_WANTED: State.PREPARING,
        Event.CANARY_LOST: State.PREPARING,
        Event.WEIGHT_WANTED: State.PREPARING,
        Event.CANARY_READY: State.STAGED,
        **dict.fromkeys(_BEFORE_RETURN, State.CLEANING),
    },
    State.STAGED: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.STAGED,
        Event.PAUSE_WANTED: State.STAGED,
        Event.WEIGHT_WANTED: State.STAGED,
        Event.CANARY_LOST: State.PREPARING,
        Event.STAGE_PASSED: State.PREPARING,
        Event.LAST_STAGE_PASSED: State.PROMOTING,
        Event.ROLLED_OUT: State.CLEANING,
        **dict.fromkeys(_BEFORE_RETURN, State.CLEANING),
    },
    State.PROMOTING: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.PROMOTING,
        Event.UNPAUSE_DUE: State.PROMOTING,
        Event.CANARY_LOST: State.PREPARING,
        Event.WEIGHT_WANTED: State.PROMOTING,
        Event.HARMED: State.CLEANING,
        Event.ABORTED: State.CLEANING,
        Event.SUPERSEDED: State.CLEANING,
        Event.ROLLED_OUT: State.CLEANING,
        Event.OVERTAKEN: State.STANDING_IN,
    },
    State.STANDING_IN: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.STANDING_IN,
        Event.WEIGHT_WANTED: State.STANDING_IN,
        Event.UNPAUSE_DUE: State.STANDING_IN,
        Event.REVISION_FOUND: State.PREPARING,
        Event.RETURNED: State.CLEANING,
    },
    State.CLEANING: {
        Event.DELETED: State.LEAVING,
        Event.ROUTE_WANTED: State.CLEANING,
        Event.TRAFFIC_LEFT: State.CLEANING,
        Event.DRAINED: State.CLEANING,
        Event.TAKEN_BACK: State.STANDING_IN,
        Event.TIDIED: State.RESTING,
        Event.TIDIED_AFTER_BYPASS: State.OUTSIDE,
    },
    State.LEAVING: {
        Event.TRAFFIC_LEFT: State.LEAVING,
        Event.DRAINED: State.LEAVING,
        Event.GIVEN_BACK: State.LEAVING,
    },
}

TRANSITIONS: dict[tuple[State, Event], State] = {
    (state, event): target
    for state, moves in _MOVES.items()
    for event, target in {**dict.fromkeys(_STAYS, state), **moves}.items()
}


def next_state(state: State, event: Event) -> State:
    """The state after this event; KeyError naming both when the pair can't happen."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise KeyError(f"no transition from {state} on {event}") from None
