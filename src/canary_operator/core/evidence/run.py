"""One judged look of the run: every test that applies makes its bet."""

from typing import TypeVar

from canary_operator.api.evidence import Alone, Arms, Tally
from canary_operator.core.evidence import counts, limits
from canary_operator.core.evidence.bets import bet
from canary_operator.core.evidence.onset import gain, restart
from canary_operator.core.evidence.ratio import counted
from canary_operator.core.evidence.sums import both, plus, rate
from canary_operator.core.evidence.terms import Bounds
from canary_operator.core.evidence.warmup import BLATANT

T = TypeVar("T", bound=Tally)


def judge_stratum(tally: T, stratum: Arms, bounds: Bounds, *, has_baseline: bool) -> T:
    """One look later."""
    changes = bets_on(tally, stratum, bounds, tally.planned, has_baseline=has_baseline)
    return tally.changed(changes)


def bets_on(tally: Tally, stratum: Arms, bounds: Bounds, planned: int, *, has_baseline: bool) -> dict[str, object]:
    """What changes in the tally with this look, of so many that are planned."""
    changes: dict[str, object] = {
        "looks": tally.looks + 1,
        "stage": both(tally.stage, stratum),
        "newest": stratum if has_baseline else Arms(canary=stratum.canary),
    }
    if bounds.limit is not None:
        gains = limits.gains(stratum.canary, bounds.limit, tally.phi)
        changes["limit"] = bet(tally.limit, gains, planned)
    beside = _beside if has_baseline else _alone
    changes.update(beside(tally, stratum, bounds, planned))
    return changes


def _beside(tally: Tally, stratum: Arms, bounds: Bounds, planned: int) -> dict[str, object]:
    suspicion = restart(tally.suspicion, gain(stratum, bounds.times, tally.phi))
    changes: dict[str, object] = {
        "compared": both(tally.compared, stratum),
        "ratio": counted(tally.ratio, stratum, tally.phi),
        "suspicion": suspicion,
        "lately": both(tally.lately, stratum) if suspicion else Arms(),
    }
    if bounds.margin is not None:
        gains = counts.gains(stratum, bounds.margin, tally.phi, bounds.alternatives)
        changes["comparison"] = bet(tally.comparison, gains, planned)
    if bounds.margin is not None and bounds.ignore_below is not None:
        gains = limits.gains(stratum.canary, bounds.ignore_below, tally.phi)
        changes["materiality"] = bet(tally.materiality, gains, planned)
    return changes


def _alone(tally: Tally, stratum: Arms, bounds: Bounds, planned: int) -> dict[str, object]:
    changes: dict[str, object] = {"uncompared": plus(tally.uncompared, stratum.canary)}
    if bounds.blatant and bounds.limit is None:
        alone = tally.alone or Alone(ceiling=ceiling(tally, bounds))
        gains = limits.gains(stratum.canary, alone.ceiling, tally.phi)
        changes["alone"] = Alone(ceiling=alone.ceiling, test=bet(alone.test, gains, planned))
    return changes


def ceiling(tally: Tally, bounds: Bounds) -> float:
    """What is blatant without a baseline: what the baseline would be allowed by its own rate, at least 20 %."""
    return min(1.0, max(BLATANT, bounds.times * rate(tally.compared.baseline)))
