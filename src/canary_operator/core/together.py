"""Several routes that are split alike, read as one; and whether a write of all of them got only so far.

Each is written by itself, so whoever was killed in between left some at the step before. What each says about itself
tells which: a share that equals our own record of it was written by us, whatever the others have.
"""

from collections.abc import Sequence
from fractions import Fraction

from canary_operator.api.status import Run
from canary_operator.core.actions import Purpose
from canary_operator.core.chosen import matches_at
from canary_operator.core.plan import present_stage
from canary_operator.core.world import Look, Missing, Problem, Route, RouteRecord, Unknown

_NOTHING = Fraction(0)
_URGENCY = (Purpose.ROLL_BACK, Purpose.RELEASE, Purpose.STAGE)
"""Of unlike records the one that is to be finished first speaks for all."""


def together(found: Sequence[Look]) -> Look:
    """One route of all that can be read; where none can, the first reason. What is not answered is no route yet."""
    if len(found) == 1:
        return found[0]
    parts: list[Route] = []
    faults: list[Problem | Missing] = []
    for one in found:
        match one:
            case Unknown():
                return one
            case Route():
                parts += one.each
                faults += one.faults
            case Problem() | Missing():
                faults.append(one)
    return _all_of(tuple(parts), tuple(faults)) if parts else faults[0]


def _all_of(parts: tuple[Route, ...], faults: tuple[Problem | Missing, ...]) -> Route:
    records = [one.record for one in parts if one.record is not None]
    return Route(
        share=max(one.share for one in parts),
        record=min(records, key=_rank, default=None),
        matched=tuple(name for one in parts for name in one.matched),
        lost=tuple(name for one in parts for name in one.lost),
        carrier=parts[0].carrier,
        parts=parts,
        faults=faults,
    )


def _rank(record: RouteRecord) -> tuple[int, int]:
    return _URGENCY.index(record.purpose), -record.stage


def given(part: Route, run: Run) -> bool:
    """It has the weight of the stage that is being prepared, as that was intended."""
    record = part.record
    if record is None or run.intent is None:
        return False
    stage = present_stage(run)
    ours = (record.run, record.stage, record.purpose) == (run.id, run.stage, Purpose.STAGE)
    said, asked = (record.matched, record.mirror), (bool(matches_at(run.plan, stage.weight)), stage.mirror)
    return ours and record.weight == run.intent.weight == stage.weight and said == asked


def withdrawn(part: Route, run: Run) -> bool:
    """Our own weight 0 of this run, for want of pods: nobody else pulled the traffic."""
    record = part.record
    if record is None or part.share != _NOTHING:
        return False
    ours = (record.run, record.purpose) == (run.id, Purpose.STAGE)
    return ours and record.weight == _NOTHING and not record.matched and record.mirror is None


def half_given(route: object, run: Run) -> bool:
    """Some have the weight that was intended for all, and nobody changed it since."""
    return isinstance(route, Route) and any(given(one, run) and _as_recorded(one) for one in route.parts)


def half_withdrawn(route: object, run: Run) -> bool:
    """Some were emptied for want of pods, and others not yet."""
    if not isinstance(route, Route):
        return False
    emptied = [withdrawn(one, run) for one in route.parts]
    return any(emptied) and not all(emptied)


def strange(route: Route, run: Run) -> tuple[Route, ...]:
    """Those that somebody else changed: neither at the run's weight nor at one that a write of ours got to."""
    if not route.parts:
        return route.strays(run.weight)
    return tuple(one for one in route.strays(run.weight) if not _was_reached(one, run))


def released(route: object) -> bool:
    """Some give all traffic to stable again because the run was over: the others are to follow."""
    if not isinstance(route, Route):
        return False
    return any(
        one.share == _NOTHING and one.record is not None and one.record.purpose is Purpose.RELEASE for one in route.each
    )


def _was_reached(part: Route, run: Run) -> bool:
    return _as_recorded(part) and (given(part, run) or withdrawn(part, run))


def _as_recorded(part: Route) -> bool:
    return part.record is not None and part.share == part.record.weight and not part.lost
