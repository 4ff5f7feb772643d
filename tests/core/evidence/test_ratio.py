import pytest

from canary_operator.api.evidence import Ratio
from canary_operator.core.evidence.fold import new_stage
from canary_operator.core.evidence.interval import NOTHING_KNOWN, advance, interval
from canary_operator.core.evidence.judge import begin, judge
from canary_operator.core.evidence.ratio import EVERY, counted, known, settled
from canary_operator.core.evidence.run import judge_stratum
from tests.core.evidence.stream import arms, comparing, terms

LOOK = arms((10, 2), (90, 3))


def test_what_waits_is_known_already() -> None:
    """Weighing later changes no bound: under one weight counts may be added up."""
    ratio = Ratio()
    for _ in range(EVERY - 1):
        ratio = counted(ratio, LOOK, 1.0)
    assert ratio.lattice == ()
    assert known(ratio, 1.0) == interval(advance((), arms((90, 18), (810, 27)), 1.0))
    later = counted(ratio, LOOK, 1.0)
    assert (later.looks, later.waiting) == (0, arms((0, 0), (0, 0)))
    assert known(later, 1.0) == interval(advance((), arms((100, 20), (900, 30)), 1.0))


def test_nothing_waits_into_another_weight() -> None:
    """A new stage weighs what was counted under the old one; added up over weights it would mean something else."""
    evidence = judge_stratum(begin(), LOOK, comparing(), has_baseline=True)
    assert evidence.ratio.looks == 1
    assert new_stage(evidence).ratio == settled(evidence.ratio, 1.0)
    assert new_stage(evidence).ratio.looks == 0


def test_without_a_look_nothing_is_known() -> None:
    """Neither too small nor too large."""
    assert known(Ratio(), 1.0) == NOTHING_KNOWN
    assert settled(Ratio(), 1.0) == Ratio()


def test_late_harm_is_told_beside_the_whole_run() -> None:
    """After an hour of health the whole run hardly shows what the last minute does, so both are said."""
    evidence, judged = begin(), terms()
    for _ in range(3600):
        evidence = judge_stratum(evidence, arms((10, 1), (90, 9)), comparing(), has_baseline=True)
    assert "of late" not in judge(evidence.model_copy(update={"warm": True}), judged).sentence
    for _ in range(20):
        evidence = judge_stratum(evidence, arms((10, 9), (90, 9)), comparing(), has_baseline=True)
    verdict = judge(evidence.model_copy(update={"warm": True}), judged)
    assert verdict.harm
    assert "times as often (95%)" in verdict.sentence
    assert "times as often of late" in verdict.sentence


@pytest.mark.parametrize(("canary", "baseline", "told"), [(3, 0, False), (2, 1, False), (60, 60, True), (90, 9, True)])
def test_an_interval_that_says_nothing_is_not_told(canary: float, baseline: float, *, told: bool) -> None:
    """Between a tenth and seven thousand times as often a tired person learns nothing."""
    evidence = judge_stratum(begin(), arms((130, canary), (120, baseline)), comparing(), has_baseline=True)
    sentence = judge(evidence.model_copy(update={"warm": True}), terms()).sentence
    assert ("as often (95%)" in sentence) is told


def test_an_interval_that_is_open_is_said_so() -> None:
    """A spotless baseline has no upper bound, a spotless canary no lower one."""
    open_above = judge_stratum(begin(), arms((100, 9), (900, 0)), comparing(), has_baseline=True)
    open_below = judge_stratum(begin(), arms((900, 0), (100, 30)), comparing(), has_baseline=True)
    for evidence, said in ((open_above, "at least"), (open_below, "at most")):
        assert f", {said} " in judge(evidence.model_copy(update={"warm": True}), terms()).sentence
