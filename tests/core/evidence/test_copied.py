"""Copies are held against a baseline that answers more than could be copied, and never accused by that."""

import random
from dataclasses import replace

import pytest

from canary_operator.api.evidence import Evidence
from canary_operator.core.evidence.copied import comparable
from canary_operator.core.evidence.judge import begin, counted_by_others, fold, judge
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from tests.core.evidence.stream import START, Gateway, arms, comparing, fold_all, terms

BOUNDS = comparing(maxIncrease="50%")


def test_the_baseline_is_as_large_as_what_could_be_copied() -> None:
    """A fifth of the reads are 100 copies, so there were 500 reads; all six failures are taken for theirs."""
    assert comparable(arms((100, 2), (2000, 6)), 0.2) == arms((100, 2), (500, 6))


@pytest.mark.parametrize("mirror", [None, 1.0])
def test_where_everything_is_copied_nothing_changes(mirror: float | None) -> None:
    assert comparable(arms((100, 2), (100, 6)), mirror) == arms((100, 2), (100, 6))


def test_more_copies_than_there_were_requests_make_no_larger_baseline() -> None:
    """Somebody calls the canary Service beside us."""
    assert comparable(arms((100, 2), (90, 6)), 0.5) == arms((100, 2), (90, 6))


def test_there_are_never_more_failures_than_requests() -> None:
    assert comparable(arms((1, 0), (500, 60)), 0.1) == arms((1, 0), (10, 10))
    assert comparable(arms((0, 0), (500, 60)), 0.1) == arms((0, 0), (0, 0))


def a_mixed_run(seed: int, *, reads_fail: float, mirror: float | None) -> Evidence:
    """Ten minutes: a third of the requests are reads, which fail so often; writes never do. The canary is as good."""
    chance, gateway = random.Random(seed), Gateway()  # noqa: S311 -- pretended requests
    judged_by, first = replace(terms(BOUNDS), mirror=mirror), gateway.sample()

    def failed(requests: int) -> int:
        return sum(chance.random() < reads_fail for _ in range(requests))

    served = [gateway.serve(canary=(6, failed(6)), baseline=(90, failed(30))) for _ in range(600)]
    return fold_all(begin(), [first, *served], judged_by)


def test_a_canary_that_only_reads_is_not_accused_by_writes_that_never_fail() -> None:
    """Held against all that the baseline answers, the same version would fail three times as often."""
    guilty = [judge(a_mixed_run(seed, reads_fail=0.05, mirror=None), terms(BOUNDS)).harm for seed in range(10)]
    fair = replace(terms(BOUNDS), mirror=0.2)
    innocent = [judge(a_mixed_run(seed, reads_fail=0.05, mirror=0.2), fair).harm for seed in range(40)]
    assert all(guilty)
    assert not any(innocent)


def test_a_canary_that_fails_more_is_found_all_the_same() -> None:
    """Ten times as often, among reads."""
    gateway, judged_by = Gateway(), replace(terms(BOUNDS), mirror=0.2)
    looks = [gateway.sample(), *(gateway.serve(canary=(6, 0.6), baseline=(90, 0.3)) for _ in range(120))]
    judgement = judge(fold_all(begin(), looks, judged_by), judged_by)
    assert judgement.harm
    assert judgement.sentence.startswith("Mirrored, so nobody sees what the canary answers. The canary fails too often")


def test_a_slow_look_at_pods_apart_is_one_stratum() -> None:
    """Each pod is a source with one arm."""
    evidence, judged_by = begin(), replace(terms(BOUNDS), mirror=0.5)
    for look in range(4):
        at = START.replace(second=look)
        sources = {
            "canary-1": SourceSample(at, Counter(10.0 * look, 0), None),
            "stable-1": SourceSample(at, None, Counter(50.0 * look, 1.0 * look)),
        }
        evidence = fold(evidence, Sample(sources), judged_by, clean_from=START)
    assert evidence.compared == arms((30, 0), (60, 3))
    assert evidence.split.canary == evidence.split.baseline == 0


def test_other_counters_begin_with_a_reference_and_what_was_learned_stays() -> None:
    """The first sample of a caller counts nothing, even where its pod is called like one that answered."""
    gateway = Gateway()
    looks = [gateway.sample(), *(gateway.serve(canary=(5, 0), baseline=(95, 1)) for _ in range(10))]
    before = fold_all(begin(), looks, terms(BOUNDS))
    after = counted_by_others(before)
    assert (after.sources, after.compared, after.comparison) == ((), before.compared, before.comparison)
    on = fold_all(after, [gateway.serve(canary=(500, 500), baseline=(95, 1))], terms(BOUNDS))
    assert on.compared == before.compared
    assert fold_all(on, [gateway.serve(canary=(5, 0), baseline=(95, 1))], terms(BOUNDS)).compared.canary.requests == 55
