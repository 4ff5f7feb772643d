from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api.rollout import Stage
from canary_operator.backtest.course import Course, course, in_the_light
from canary_operator.backtest.looks import looks
from canary_operator.providers.metrics.tables import Row
from tests.backtest.courses import STAGES
from tests.backtest.recorded import ERRORS, MEMORY, ORDERS, P99, START, STEP, own, recorded, slow, wish
from tests.core.evidence.stream import terms


def test_the_first_stage_is_longer_by_the_warm_up_and_the_last_never_ends() -> None:
    one = Course(STAGES, (terms(warmup=60, planned=600),) * 2)
    minutes = {0: 0, 5: 0, 5.9: 0, 6: 1, 10.9: 1, 100: 1}
    assert {after: one.stage_at(timedelta(minutes=after)) for after in minutes} == minutes
    assert one.span == timedelta(minutes=11)


def test_what_has_no_baseline_is_left_out_where_pods_are_to_be_compared() -> None:
    whole = Stage(weight=Fraction(1), duration=timedelta(0))
    one = Course((*STAGES, whole), (terms(),) * 3, phi=2.0).compared
    assert (one.stages, len(one.terms), one.phi) == (STAGES, 2, 2.0)
    assert Course((whole,), (terms(),)).compared.stages == (whole,)


def test_a_run_is_pinned_as_the_operator_pins_it() -> None:
    """Boundaries by the half hour before, windows by each stage, and the stage at 100 % that is added to the user's."""
    wanted = wish(ERRORS, P99, MEMORY)
    found = course(looks(slow(recorded(9), (900, 45)), wanted), wanted, STEP, START + 5 * STEP)
    errors, latency, memory = found.terms[0].metrics
    assert [float(stage.weight) for stage in found.stages] == [0.1, 0.5, 1.0]
    assert [one.window for one in found.terms] == [timedelta(seconds=90), timedelta(seconds=90), timedelta(0)]
    assert found.terms[0].look == STEP
    assert [track.reads for track in latency.tracks] == ["100", "250"]
    assert (errors.tracks[0].bounds.margin, memory.comparison is not None) == (1.5, True)


def test_before_anything_is_known_of_durations_no_boundary_is_pinned() -> None:
    wanted = wish(P99)
    assert course(looks(recorded(9), wanted), wanted, STEP, START).terms[0].metrics[0].tracks == ()


def test_each_quantity_keeps_its_own_company() -> None:
    """Orders that come in twenties count for less; errors that come alone do not."""
    wanted = wish(ERRORS, ORDERS)

    def orders(part: str, look: int) -> float:
        if part.endswith("whole"):
            return 1000.0 * look
        return 200.0 * look + 100 * (look // 2)

    past = looks(own(recorded(190), wanted, "orders", orders), wanted)
    found = course(past, wanted, STEP, START + 185 * STEP)
    errors, of_orders = found.terms[0].metrics
    assert (found.phi, errors.tracks[0].phi) == (1.0, 1.0)
    assert of_orders.tracks[0].phi == pytest.approx(10)


def test_pods_that_differ_for_good_are_allowed_to() -> None:
    """One of four fails twenty times as much as the others, always: a canary of two may have got such a place."""
    rows: list[Row] = []
    for pod, errors in (("a", 1), ("b", 1), ("c", 1), ("d", 20)):
        labels = {"destination_service_namespace": "shop", "destination_service_name": "checkout", "pod": pod}
        for name, each in (("all", 1000), ("bad", errors)):
            values = [[START.timestamp() + 60 * minute, str(each * minute)] for minute in range(31)]
            rows.append({"metric": labels | {"class": name}, "values": values})
    wanted = wish(ERRORS)
    found = course(looks(replace(recorded(9), pods=rows), wanted), wanted, STEP, START + timedelta(minutes=30))
    bounds = found.terms[0].metrics[0].tracks[0].bounds
    assert bounds.margin == pytest.approx(5)
    assert found.terms[0].metrics[0].tracks[0].words.why == ", because its 4 pods differ by themselves"
    alike = course(looks(replace(recorded(9), pods=rows[:6]), wanted), wanted, STEP, START + timedelta(minutes=30))
    assert alike.terms[0].metrics[0].tracks[0].bounds.margin == 1.5


def test_a_dark_launch_is_left_out() -> None:
    """No recording tells whom a canary match would have found; a run of nothing else is judged at 100 %."""
    spec = wish().spec
    dark = Stage(weight=Fraction(0), duration=timedelta(minutes=5))
    assert in_the_light(spec) is spec
    assert in_the_light(spec.model_copy(update={"stages": (dark, *spec.stages)})).stages == spec.stages
    assert [one.weight for one in in_the_light(spec.model_copy(update={"stages": (dark,)})).stages] == [1]
