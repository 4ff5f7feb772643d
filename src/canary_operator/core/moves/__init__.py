"""What each event orders: the actions before the new status is written down, and that status."""

from canary_operator.core.moves.adoption import adopt, give_back, let_through, orphan, pause
from canary_operator.core.moves.endings import OUTCOMES, clean_leftover, end, finish, take_traffic, tidy
from canary_operator.core.moves.move import Move, Mover, stay
from canary_operator.core.moves.routes import make_routes
from canary_operator.core.moves.stages import (
    begin_promotion,
    ensure_canary,
    give_traffic,
    prepare_next,
    start,
    unpause,
    withdraw,
    write_again,
)
from canary_operator.core.moves.standing_in import release, stand_in, take_back
from canary_operator.core.transitions import Event

__all__ = ["MOVES", "Move"]

MOVES: dict[Event, Mover] = {
    Event.WAITED: stay,
    Event.HELD: stay,
    Event.DELETED: stay,
    Event.ADOPTED: stay,
    Event.LEFTOVER_FOUND: clean_leftover,
    Event.ROUTE_WANTED: make_routes,
    Event.ADOPTABLE: adopt,
    Event.ORPHANED: orphan,
    Event.RESTARTED: let_through,
    Event.PAUSE_WANTED: pause,
    Event.REVISION_FOUND: start,
    Event.CANARY_WANTED: ensure_canary,
    Event.CANARY_READY: give_traffic,
    Event.CANARY_LOST: withdraw,
    Event.WEIGHT_WANTED: write_again,
    Event.STAGE_PASSED: prepare_next,
    Event.LAST_STAGE_PASSED: begin_promotion,
    Event.UNPAUSE_DUE: unpause,
    Event.OVERTAKEN: stand_in,
    Event.RETURNED: release,
    **dict.fromkeys(OUTCOMES, end),
    Event.TRAFFIC_LEFT: take_traffic,
    Event.DRAINED: tidy,
    Event.TAKEN_BACK: take_back,
    Event.TIDIED: finish,
    Event.TIDIED_AFTER_BYPASS: finish,
    Event.GIVEN_BACK: give_back,
}
"""Every event has its move."""
