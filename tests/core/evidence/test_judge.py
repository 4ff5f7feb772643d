from dataclasses import replace

import pytest

from canary_operator.api.evidence import Evidence
from canary_operator.core.evidence.bounds import BOUND, weigh
from canary_operator.core.evidence.judge import Terms, begin, judge
from canary_operator.core.evidence.terms import Bounds
from tests.core.evidence.stream import Gateway, comparing, fold_all, terms


def _after(
    looks: int, canary: tuple[float, float], baseline: tuple[float, float], judged: Terms, *, has_baseline: bool = True
) -> tuple[Evidence, Gateway]:
    gateway = Gateway()
    samples = [gateway.sample()] + [gateway.serve(1, canary, baseline) for _ in range(looks)]
    return fold_all(begin(), samples, judged, has_baseline=has_baseline), gateway


def test_nothing_seen_is_no_harm() -> None:
    """0 of 0 is never a failure, and says so in words."""
    verdict = judge(begin(), terms())
    assert not verdict.harm
    assert not verdict.burning
    assert verdict.e_value == 1
    assert "no request of the canary and no request of the baseline" in verdict.sentence


def test_a_canary_that_fails_everything_is_harm() -> None:
    """Two looks are enough, and one is not."""
    judged = terms()
    assert not judge(_after(1, (10, 10), (90, 0), judged)[0], judged).harm
    assert judge(_after(2, (10, 10), (90, 0), judged)[0], judged).harm


def test_a_breach_is_told_with_all_its_numbers() -> None:
    """The sentence holds counts and rates of both arms, what is allowed, and how strong the evidence is."""
    judged = terms(comparing(maxIncrease="50%", max="5%"))
    verdict = judge(_after(3, (10, 9), (90, 1), judged)[0], judged)
    assert verdict.harm
    assert verdict.sentence == (
        "The canary fails too often: 27 of 30 requests of the canary failed (90%) and 3 of 270 requests of the "
        "baseline failed (1.11%), 15 to 1262 times as often (95%); allowed is at most 5% and 1.5 times the baseline's "
        "rate; "
        f"evidence {verdict.e_value:.0f}, a breach from 111."
    )


def test_the_same_errors_in_both_arms_are_no_harm() -> None:
    """A common incident says nothing about the canary."""
    judged = terms()
    assert not judge(_after(200, (10, 4), (90, 36), judged)[0], judged).harm


def test_two_errors_never_roll_back() -> None:
    """However surprising they are: evidence counts as 1 until there are three."""
    judged = terms(comparing(max="0.001%"))
    verdict = judge(_after(2, (1, 1), (9, 0), judged)[0], judged)
    assert (verdict.harm, verdict.e_value) == (False, 1.0)
    assert judge(_after(3, (1, 1), (9, 0), judged)[0], judged).harm


def test_a_trifle_is_ignored() -> None:
    """Six errors in 60 000 requests beside a spotless baseline are worse, but not worth a rollback."""
    counted = (10_000, 1), (1_000_000, 0)
    strict, lenient = (terms(comparing(maxIncrease="50%", ignoreBelow=below)) for below in ("0%", "0.1%"))
    assert judge(_after(6, *counted, strict)[0], strict).harm
    assert judge(_after(6, *counted, lenient)[0], lenient).e_value <= 1


def test_two_bounds_share_one_alpha() -> None:
    """The metric's evidence is the average over its bounds."""
    both, one, other = (
        comparing(**bounds) for bounds in ({"max": "5%", "maxIncrease": "50%"}, {"maxIncrease": "50%"}, {"max": "5%"})
    )
    values = [weigh(_after(4, (10, 2), (90, 3), terms(m))[0], m) for m in (both, one, other)]
    assert values[0] == pytest.approx((values[1] + values[2]) / 2)
    assert weigh(begin(), both) == 1


def test_a_bound_behind_its_gate_speaks_for_nothing_or_for_health() -> None:
    """It may lower the average but not raise it above 1."""
    both = comparing(maxIncrease="50%", max="5%", ignoreBelow="90%")
    evidence = _after(4, (10, 5), (90, 0), terms(both))[0]
    assert weigh(evidence, replace(both, limit=None)) == 1
    limit = weigh(evidence, replace(both, margin=None))
    assert limit > 1
    assert weigh(evidence, both) == (1 + limit) / 2


def test_a_burning_baseline_is_said_and_a_much_worse_canary_still_goes() -> None:
    """A baseline that fails 30 % holds the run; a canary that fails everything is taken back all the same."""
    judged = terms()
    held = judge(_after(20, (10, 3), (90, 27), judged)[0], judged)
    assert (held.harm, held.burning) == (False, True)
    assert held.sentence.startswith("The baseline itself fails (540 of 1800 requests in the last minute)")
    worse = judge(_after(40, (10, 10), (90, 27), judged)[0], judged)
    assert (worse.harm, worse.burning) == (True, True)


def test_the_warm_up_forgives_much() -> None:
    """5 % errors beside a spotless baseline are a cold start, and after it they are harm."""
    judged = terms(warmup=60)
    cold, gateway = _after(60, (100, 5), (900, 0), judged)
    verdict = judge(cold, judged)
    assert (verdict.harm, verdict.bound) == (False, 1000)
    assert verdict.sentence.startswith("The canary warms up (60 of 60 s), only blatant harm counts: 300 of 6000")
    later = fold_all(cold, [gateway.serve(1, (100, 5), (900, 0)) for _ in range(30)], judged)
    assert judge(later, judged).harm


def test_the_warm_up_does_not_forgive_a_canary_that_fails_everything() -> None:
    """Three seconds at two requests a second are enough; beside a baseline that fails everything too, nothing is."""
    judged = terms(warmup=60)
    verdict = judge(_after(4, (2, 2), (18, 0), judged)[0], judged)
    assert verdict.harm
    assert verdict.sentence.startswith("The canary fails blatantly: 8 of 8 requests")
    assert not judge(_after(50, (2, 2), (18, 18), judged)[0], judged).harm


def test_harm_in_the_last_look_of_the_warm_up_is_not_lost() -> None:
    """Its evidence is kept until the next look has been judged by the run's own tests."""
    judged = terms(warmup=5)
    evidence, _ = _after(5, (4, 4), (36, 0), judged)
    assert evidence.warm
    assert judge(evidence, judged).harm


def test_a_first_stage_without_a_baseline_warms_up_against_the_limit_alone() -> None:
    """Nothing can be compared, and blatant is still blatant."""
    judged = terms(comparing(max="1%"), warmup=60)
    assert judge(_after(4, (20, 20), (0, 0), judged, has_baseline=False)[0], judged).harm


def _at_100(metric: Bounds, looks: int, canary: tuple[float, float]) -> tuple[Evidence, Terms]:
    judged = terms(metric)
    evidence, gateway = _after(300, (50, 0), (50, 0), judged)
    return fold_all(evidence, [gateway.serve(1, canary) for _ in range(looks)], judged, has_baseline=False), judged


@pytest.mark.parametrize("metric", [comparing(), comparing(max="1%"), comparing(max="1%", maxIncrease="50%")])
def test_a_canary_that_fails_everything_at_100_percent_goes_back(metric: Bounds) -> None:
    """With a plain limit or without one, and although its comparison was healthy for all the time before."""
    evidence, judged = _at_100(metric, 6, (100, 100))
    assert judge(evidence, judged).harm


def test_at_100_percent_without_a_limit_only_the_blatant_counts() -> None:
    """15 % errors at 100 % are below what is blatant, and the sentence says what is allowed now."""
    evidence, judged = _at_100(comparing(), 60, (100, 15))
    verdict = judge(evidence, judged)
    assert not verdict.harm
    assert "at 100%, without a baseline, 900 of 6000 requests of the canary failed (15%)" in verdict.sentence
    assert "allowed is now 20%" in verdict.sentence


def test_what_the_comparison_found_stays_found_at_100_percent() -> None:
    """The bet on the blatant never lowers what was known before."""
    judged = terms()
    evidence, gateway = _after(3, (10, 10), (90, 0), judged)
    healthy = fold_all(evidence, [gateway.serve(1, (100, 0)) for _ in range(50)], judged, has_baseline=False)
    assert judge(healthy, judged).e_value == judge(evidence, judged).e_value > BOUND
