"""Writes the pages that are made from the code, so that they can't disagree with it.

python docs/generate.py           # write
python docs/generate.py --check   # say which page is stale; exit code 1
"""

import sys
from collections.abc import Callable
from pathlib import Path

from canary_operator.api.reasons import meanings
from canary_operator.api.status import State
from canary_operator.core.transitions import TRANSITIONS, Event

DOCS = Path(__file__).parent

STATES = {
    State.OUTSIDE: "The workload is not ours yet.",
    State.RESTING: "Stable has all the traffic; the next revision starts a run.",
    State.PREPARING: "The canary is scaled up and made ready for the stage's weight.",
    State.STAGED: "The canary has the stage's weight and is judged.",
    State.PROMOTING: "The canary has all the traffic while the Deployment rolls to the new revision.",
    State.STANDING_IN: "The canary carries the stable revision and all the traffic; the Deployment rolls off traffic.",
    State.CLEANING: "The outcome is decided: weight 0, drain, restore the route, remove the canary.",
    State.LEAVING: "The rollout is being deleted and gives everything back.",
}


def states_page() -> str:
    """The diagram and the table of core/transitions.py; staying in place is left out of the picture."""
    moving = {(state, event): to for (state, event), to in TRANSITIONS.items() if state is not to}
    pairs = dict.fromkeys((state, to) for (state, _), to in moving.items())
    arrows = [f"    {state} --> {to}: {_events(moving, state, to)}" for state, to in pairs]
    rows = [f"| {state} | {meaning} |" for state, meaning in STATES.items()]
    table = [f"| {state} | {event} | {to} |" for (state, event), to in TRANSITIONS.items()]
    return "\n".join(
        [
            "# The states of a rollout",
            "",
            "Made from `src/canary_operator/core/transitions.py` by `make docs`. Every pass makes at most one of these",
            "transitions. An event that is not listed for a state can't happen in it.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {State.OUTSIDE}",
            *arrows,
            f"    {State.LEAVING} --> [*]",
            "```",
            "",
            "| State | What it means |",
            "|---|---|",
            *rows,
            "",
            "## Every pair",
            "",
            "| State | Event | Next state |",
            "|---|---|---|",
            *table,
            "",
        ]
    )


def _events(moving: dict[tuple[State, Event], State], state: State, to: State) -> str:
    return ", ".join(sorted(event for (start, event), end in moving.items() if (start, end) == (state, to)))


def reasons_page() -> str:
    rows = [f"| `{reason}` | {sentence} |" for reason, sentence in meanings().items()]
    return "\n".join(
        [
            "# Reasons",
            "",
            "Every reason that a condition or an event of a CanaryRollout may carry. Made from",
            "`src/canary_operator/api/reasons.py` by `make docs`.",
            "",
            "| Reason | What it means |",
            "|---|---|",
            *rows,
            "",
        ]
    )


PAGES: dict[Path, Callable[[], str]] = {
    DOCS / "states.md": states_page,
    DOCS / "reference" / "reasons.md": reasons_page,
}


def main(arguments: list[str]) -> int:
    stale = [page for page, made in PAGES.items() if not page.exists() or page.read_text() != made()]
    if "--check" in arguments:
        sys.stdout.writelines(f"{page.relative_to(DOCS.parent)} is stale: run make docs\n" for page in stale)
        return 1 if stale else 0
    for page in stale:
        page.write_text(PAGES[page]())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
