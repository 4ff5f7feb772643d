import json
from datetime import timedelta
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.api.evidence import Evidence
from canary_operator.core.evidence.judge import begin, fold, judge, new_stage
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from tests.cases import cases
from tests.core.evidence.stream import START, Gateway, Traffic, arms, comparing, fold_all, terms

_BOTH = comparing(max="1%", maxIncrease="50%")


def test_the_first_sample_is_only_a_reference() -> None:
    """What was counted before the run is not the canary's doing."""
    evidence = fold(begin(), Gateway(canary=[90, 90]).sample(), terms(), clean_from=START)
    assert evidence.looks == 0
    assert evidence.at == START
    assert evidence.planned == 1800


def test_a_canary_that_fails_at_once_is_counted_from_zero() -> None:
    """Its series is born with the errors in it."""
    gateway = Gateway()
    samples = [gateway.sample(), gateway.serve(canary=(4, 4), baseline=(36, 0))]
    evidence = fold_all(begin(), samples, terms())
    assert evidence.compared == evidence.stage == arms((4, 4), (36, 0))
    assert evidence.looks == evidence.comparison.looks == 1


def test_folding_a_sample_again_changes_nothing() -> None:
    """The same reading may arrive any number of times."""
    gateway = Gateway()
    evidence = fold_all(begin(), [gateway.sample(), gateway.serve(baseline=(9, 0))], terms())
    assert fold(evidence, gateway.sample(), terms(), clean_from=START) is evidence


def test_a_sample_within_the_look_waits() -> None:
    """With three scrapes to a look the first two change nothing, and the third brings everything."""
    gateway, judged = Gateway(), terms(look=3)
    first = fold(begin(), gateway.sample(), judged, clean_from=START)
    for _ in range(2):
        sample = gateway.serve(canary=(1, 0), baseline=(9, 0))
        assert fold(first, sample, judged, clean_from=START) is first
    evidence = fold(first, gateway.serve(0.8, canary=(1, 0), baseline=(9, 0)), judged, clean_from=START)
    assert evidence.compared == arms((3, 0), (27, 0))
    assert evidence.looks == 1


def test_without_weight_nothing_is_judged() -> None:
    """Before the canary gets traffic counters are carried forward, and no look is taken."""
    gateway = Gateway()
    evidence = fold(begin(), gateway.sample(), terms(), clean_from=None)
    evidence = fold(evidence, gateway.serve(baseline=(50, 1)), terms(), clean_from=None)
    assert evidence.looks == evidence.stage_baseline == 0
    evidence = fold(evidence, gateway.serve(baseline=(50, 1)), terms(), clean_from=START)
    assert evidence.compared == arms((0, 0), (50, 1))


def test_a_stratum_that_spans_a_weight_change_is_dropped_but_was_traffic() -> None:
    """It advances neither the looks nor the evidence; the observed share counts it."""
    gateway = Gateway()
    evidence = fold_all(begin(), [gateway.sample(), gateway.serve(canary=(5, 0), baseline=(95, 0))], terms())
    sample = gateway.serve(canary=(25, 25), baseline=(75, 0))
    dropped = fold(evidence, sample, terms(), clean_from=START + timedelta(seconds=1.5))
    assert (dropped.looks, dropped.compared) == (evidence.looks, evidence.compared)
    assert (dropped.stage_canary, dropped.stage_baseline) == (30, 170)
    later = gateway.serve(canary=(25, 1), baseline=(75, 0))
    assert fold(dropped, later, terms(), clean_from=START + timedelta(seconds=1.5)).stage == arms((30, 1), (170, 0))


def test_a_new_stage_forgets_its_counts_only() -> None:
    """Evidence belongs to the run, requests to the stage."""
    gateway = Gateway()
    evidence = fold_all(begin(), [gateway.sample(), gateway.serve(canary=(5, 2), baseline=(95, 0))], terms())
    fresh = new_stage(evidence)
    assert fresh.stage == arms((0, 0), (0, 0))
    assert fresh.stage_canary == fresh.stage_baseline == 0
    assert (fresh.compared, fresh.comparison, fresh.looks) == (evidence.compared, evidence.comparison, evidence.looks)


def test_an_unreadable_source_is_left_out() -> None:
    """NaN in one source neither counts nor stops the others; alone it is no look at all."""
    gateway = Gateway()
    evidence = fold(begin(), gateway.sample(), terms(), clean_from=START)
    broken = SourceSample(START + timedelta(seconds=2), Counter(nan, 0), Counter(5, 0))
    assert fold(evidence, Sample({"gateway": broken}), terms(), clean_from=START) is evidence
    beside = {**gateway.serve(2, canary=(3, 0), baseline=(27, 0)).sources, "other": broken}
    assert fold(evidence, Sample(beside), terms(), clean_from=START).compared == arms((3, 0), (27, 0))
    assert fold(evidence, Sample({}), terms(), clean_from=START) is evidence


def test_the_warm_up_counts_apart() -> None:
    """Its time begins with the canary's first request; its looks are none of the run's or the stage's."""
    gateway, judged = Gateway(), terms(warmup=3)
    evidence = fold_all(begin(), [gateway.sample(), gateway.serve(5, baseline=(90, 0))], judged)
    assert evidence.warmup is None
    evidence = fold_all(evidence, [gateway.serve(canary=(10, 1), baseline=(90, 0)) for _ in range(2)], judged)
    assert evidence.warmup is not None
    assert (evidence.warmup.seconds, evidence.warm, evidence.looks) == (2, False, 0)
    assert evidence.warmup.counts == arms((20, 2), (180, 0))
    assert evidence.stage == arms((0, 0), (0, 0))
    evidence = fold_all(evidence, [gateway.serve(canary=(10, 0), baseline=(90, 0))], judged)
    assert evidence.warm
    evidence = fold_all(evidence, [gateway.serve(canary=(10, 0), baseline=(90, 0))], judged)
    assert (evidence.warmup, evidence.looks) == (None, 1)
    assert evidence.compared == arms((10, 0), (90, 0))


def test_without_a_warm_up_the_run_is_judged_from_its_first_look() -> None:
    """A warm-up of 0 s is over before it begins."""
    assert fold(begin(), Gateway().sample(), terms(), clean_from=None).warm


def test_without_a_baseline_comparisons_rest_and_limits_go_on() -> None:
    """At 100 % the comparison keeps its evidence, whatever stragglers the baseline still counts."""
    gateway, judged = Gateway(), terms(_BOTH)
    evidence = fold_all(begin(), [gateway.sample(), gateway.serve(canary=(50, 0), baseline=(50, 0))], judged)
    at_100 = fold_all(evidence, [gateway.serve(canary=(100, 1), baseline=(2, 2))], judged, has_baseline=False)
    assert (at_100.comparison, at_100.materiality) == (evidence.comparison, evidence.materiality)
    assert at_100.compared == evidence.compared
    assert at_100.limit.looks == 2
    assert at_100.uncompared == arms((100, 1), (0, 0)).canary
    assert at_100.alone is None


def test_the_ceiling_without_a_baseline_is_fixed_when_it_vanishes() -> None:
    """It is what the margin makes of the baseline's rate, at least 20 % and at most everything."""
    for bad, ceiling in ((1, 0.2), (30, 0.45), (80, 1.0)):
        gateway = Gateway()
        samples = [gateway.sample(), gateway.serve(canary=(100, bad), baseline=(100, bad))]
        evidence = fold_all(begin(), samples, terms())
        for _ in range(2):
            evidence = fold_all(evidence, [gateway.serve(canary=(9, 0))], terms(), has_baseline=False)
            assert evidence.alone is not None
            assert evidence.alone.ceiling == pytest.approx(ceiling)


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0.3, 1.0, 1.0, 1.0, 7.5]),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(["judge", "judge", "judge", "settle", "stage", "alone"]),
    ),
    max_size=40,
)


@given(_EVENTS, st.sampled_from([_BOTH, comparing(), comparing(max="2%")]), st.sampled_from([0, 4]))
@settings(max_examples=cases(60), deadline=None)
def test_a_restart_changes_no_bit(events: list[tuple[float, int, int, str]], metric: object, warmup: float) -> None:
    """Evidence written to JSON and read back after every look gives the same evidence, to the last bit."""
    gateway, judged = Gateway(), terms(metric, warmup=warmup)  # type: ignore[arg-type]
    kept = restarted = begin()
    for seconds, requests, bad, event in events:
        sample = gateway.serve(seconds, canary=(requests, min(bad, requests)), baseline=(3 * requests, bad % 3))
        clean_from = gateway.at if event == "settle" else START
        if event == "stage":
            kept, restarted = new_stage(kept), new_stage(restarted)
        kept = fold(kept, sample, judged, clean_from=clean_from, has_baseline=event != "alone")
        restarted = fold(restarted, sample, judged, clean_from=clean_from, has_baseline=event != "alone")
        restarted = Evidence.model_validate(json.loads(json.dumps(restarted.model_dump(mode="json", by_alias=True))))
        assert restarted == kept
        assert judge(restarted, judged) == judge(kept, judged)


def test_evidence_of_twenty_sources_is_small() -> None:
    """Status has room for it: at most 6 KiB with twenty gateways and every test running."""
    traffic, judged = Traffic(1, 200, 0.1, 0.05, 0.02), terms(_BOTH)
    names = [f"istio-ingressgateway-7d9f8b6c4d-x2x{number:02}" for number in range(20)]
    gateways = [Gateway(name, canary=[123456, 789], baseline=[987654321, 45678]) for name in names]
    evidence = begin()
    for _ in range(120):
        readings = [gateway.serve(1, *traffic.arms(1)) for gateway in gateways]
        whole = Sample({name: seen for sample in readings for name, seen in sample.sources.items()})
        evidence = fold(evidence, whole, judged, clean_from=START)
    assert len(evidence.model_dump_json(by_alias=True)) <= 6144
