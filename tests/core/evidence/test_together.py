"""Several metrics: one verdict, one chance of being wrong."""

from datetime import timedelta

import pytest

from canary_operator.api.evidence import Evidence
from canary_operator.core.evidence.bounds import BOUND
from canary_operator.core.evidence.judge import begin, fold, judge, new_stage
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.terms import Bounds, Judged, Terms, Track, Words, of_errors
from canary_operator.core.evidence.together import together
from tests.core.evidence.stream import START, Gateway, comparing

SLOW = Track(
    "slow@500",
    "500",
    Bounds(margin=1.5),
    Words("The canary is too slow", "{bad} of {all} requests of the {arm} took longer than 500ms ({rate})"),
)
GOOD, BAD = ((20.0, 0.0), (180.0, 2.0)), ((20.0, 15.0), (180.0, 2.0))


def terms(
    *, critical: bool = True, weight: float = 1.0, warmup: float = 0, tracks: tuple[Track, ...] = (SLOW,)
) -> Terms:
    latency = Judged("istio-latency-p99", tracks, critical, weight)
    return Terms((of_errors(comparing()), latency), timedelta(seconds=1), timedelta(seconds=warmup), timedelta(hours=1))


def after(looks: int, judged: Terms, *, errors: object = GOOD, slow: object = GOOD) -> Evidence:
    """So many looks, in each of which requests failed and were slow like this."""
    failing, slowing, evidence = Gateway(), Gateway(baseline=[5000.0, 25.0]), begin()
    for look in range(looks + 1):
        sample = failing.serve(1, *errors) if look else failing.sample()  # type: ignore[misc]
        beside = slowing.serve(1, *slow) if look else slowing.sample()  # type: ignore[misc]
        evidence = fold(evidence, Sample(sample.sources, {"500": beside}), judged, clean_from=START)
    return evidence


def test_a_slow_canary_goes_back_although_nothing_fails() -> None:
    verdict = judge(after(4, terms(), slow=BAD), terms())
    assert verdict.harm
    assert verdict.sentence.startswith("The canary is too slow: 60 of 80 requests of the canary took longer than 500ms")


def test_the_evidence_is_the_weighted_average() -> None:
    """A silent metric dilutes another one's evidence, and never more than by its weight."""
    for weight in (1.0, 3.0):
        judged = terms(weight=weight)
        seen = together(after(2, judged, errors=BAD), judged)
        errors, slow = seen.metrics
        assert seen.e_value == pytest.approx((errors.e_value + weight * slow.e_value) / (1 + weight))
        assert seen.needed(errors) == pytest.approx(BOUND * (1 + weight))
        assert 0 < slow.e_value <= 1


def test_a_metric_that_is_not_critical_holds_and_never_takes_back() -> None:
    judged = terms(critical=False)
    verdict = judge(after(9, judged, slow=BAD), judged)
    assert not verdict.harm
    assert "istio-latency-p99 is not critical" in verdict.warning
    assert judge(after(9, judged), judged).warning == ""


def test_it_does_not_weaken_the_others_either() -> None:
    judged = terms(critical=False)
    alone = Terms(judged.metrics[:1], judged.look, judged.warmup, judged.planned)
    assert (
        together(after(3, judged, errors=BAD), judged).e_value == together(after(3, alone, errors=BAD), alone).e_value
    )


def test_a_cold_start_is_slow_and_not_judged_for_it() -> None:
    """Looks of the warm-up are read on, and never counted."""
    judged = terms(warmup=60)
    evidence = after(30, judged, slow=BAD)
    assert not judge(evidence, judged).harm
    assert [tally.looks for tally in evidence.more] == [0]
    assert evidence.more[0].sources


def test_without_a_sample_nothing_is_counted() -> None:
    judged, gateway, evidence = terms(), Gateway(), begin()
    for _ in range(5):
        evidence = fold(evidence, gateway.serve(1, *GOOD), judged, clean_from=START)
    assert evidence.more == ()
    assert "istio-latency-p99: no request of the canary" in judge(evidence, judged).sentence


def test_a_restart_changes_no_bit() -> None:
    """Everything goes through JSON and back after each look."""
    judged, failing, slowing, evidence = terms(), Gateway(), Gateway(), begin()
    for _ in range(6):
        sample = Sample(failing.serve(1, *GOOD).sources, {"500": slowing.serve(1, *BAD)})
        evidence = fold(evidence, sample, judged, clean_from=START)
        again = Evidence.model_validate_json(evidence.model_dump_json(by_alias=True))
        assert again == evidence
    assert judge(evidence, judged).harm


def test_a_new_stage_starts_the_counts_of_every_metric_again() -> None:
    evidence = after(3, terms())
    assert evidence.more[0].stage.canary.requests == 60
    later = new_stage(evidence).more[0]
    assert (later.stage.canary.requests, later.compared.canary.requests) == (0, 60)


def test_a_metric_that_nothing_can_judge_is_named() -> None:
    judged = terms(tracks=())
    assert "istio-latency-p99 can't be judged" in judge(after(2, judged), judged).sentence
