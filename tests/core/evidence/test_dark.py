"""A dark launch: whoever gets the canary was chosen, so only blatant harm counts, and nothing of it is kept."""

from dataclasses import replace
from datetime import timedelta

from canary_operator.api.evidence import Evidence
from canary_operator.core.evidence.judge import begin, judge, new_stage
from tests.core.evidence.stream import Gateway, comparing, fold_all, terms

BOUNDS = comparing(max="1%", maxIncrease="50%")
DARK = replace(terms(BOUNDS, warmup=60), dark=True)


def seen(seconds: int, canary: tuple[float, float], baseline: tuple[float, float] = (100, 0.1)) -> Evidence:
    """So many looks, all alike."""
    gateway = Gateway()
    looks = [gateway.sample(), *(gateway.serve(canary=canary, baseline=baseline) for _ in range(seconds))]
    return fold_all(begin(), looks, DARK)


def test_a_dark_launch_never_warms_up() -> None:
    """Neither by its own length nor by that of a warm-up; also where the rollout asks for none."""
    assert not seen(300, (1, 0)).warm
    none = replace(DARK, warmup=timedelta(0))
    gateway = Gateway()
    assert not fold_all(begin(), [gateway.sample(), gateway.serve(canary=(1, 0), baseline=(9, 0))], none).warm


def test_errors_beyond_the_limit_are_no_harm() -> None:
    """A tenth of what testers do fails, ten times the limit and far beyond the baseline."""
    judgement = judge(seen(300, (1, 0.1)), DARK)
    assert not judgement.harm
    assert "no random sample" in judgement.sentence


def test_what_fails_most_of_the_time_is_harm() -> None:
    """And is found in seconds."""
    assert judge(seen(15, (1, 1)), DARK).harm


def test_what_fails_in_the_baseline_too_is_none() -> None:
    """However blatant it looks."""
    assert not judge(seen(300, (1, 0.5), (100, 50)), DARK).harm


def test_nothing_of_it_is_kept_for_the_next_stage() -> None:
    """Its evidence is gone, and the warm-up begins with the first weight."""
    after = new_stage(seen(100, (1, 0.3)), after_dark=True)
    assert after.warmup is None
    assert not after.warm
    assert after.compared.canary.requests == 0
    assert after.limit == after.comparison == begin().limit


def test_a_warm_up_that_was_interrupted_goes_on() -> None:
    """Only a dark launch is forgotten."""
    before = seen(30, (1, 0))
    assert new_stage(before).warmup == before.warmup
