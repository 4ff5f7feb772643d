"""What is measured when a run begins stands for all of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from canary_operator.api.status import PodSpread, Run, State
from canary_operator.core.evidence.judge import counted_by_others
from canary_operator.core.looks import look
from canary_operator.core.plan import terms
from canary_operator.core.world import Endpoints
from tests.doubles.worlds import READING, a_run, a_world


def pinned(pods: PodSpread | None, endpoints: Endpoints | None = None, **run: Any) -> Run:
    world = a_world(State.PREPARING, a_run(**run), reading=replace(READING, pods=pods))
    return look(replace(world, endpoints=endpoints) if endpoints else world).run


def test_pods_that_differ_widen_what_is_allowed_and_the_run_keeps_it() -> None:
    """Two pods of the canary at 5 % of ten: luck alone may make them 2.7 times as bad."""
    run = pinned(PodSpread(pods=10, tau=0.45))
    assert run.pinned is not None
    assert run.pinned.pods is not None
    assert run.pinned.pods.margin == pytest.approx(2.67, abs=0.01)
    bounds = terms(run).errors
    assert bounds.margin == run.pinned.pods.margin
    assert "because its 10 pods differ by themselves" in terms(run).metrics[0].tracks[0].words.why
    later = look(replace(a_world(State.PREPARING, run), reading=replace(READING, pods=PodSpread(pods=10, tau=9.0))))
    assert later.run.pinned == run.pinned


@pytest.mark.parametrize("pods", [None, PodSpread(pods=10, tau=0.0), PodSpread(pods=1, tau=2.0)])
def test_otherwise_just_what_was_asked_for_is_allowed(pods: PodSpread | None) -> None:
    assert terms(pinned(pods)).errors.margin == 1.5


def test_without_a_workload_the_endpoints_tell_how_many_pods_there_are() -> None:
    spread = PodSpread(pods=10, tau=0.45)
    few, many = (pinned(spread, Endpoints(10, canary), base_replicas=0).pinned for canary in (1, 10))
    assert few is not None
    assert many is not None
    assert few.pods is not None
    assert many.pods is not None
    assert few.pods.margin > many.pods.margin > 1


def test_others_who_count_from_now_on_have_a_rhythm_of_their_own() -> None:
    """After copies the callers are asked, who are scraped at other times; what is judged stays as it was measured."""
    run = pinned(PodSpread(pods=10, tau=0.45))
    assert run.pinned is not None
    slower = replace(READING, scrape=timedelta(seconds=30), settle=timedelta(seconds=2), pods=None)
    kept = look(replace(a_world(State.PREPARING, run), reading=slower)).run.pinned
    assert kept == run.pinned
    counted_anew = run.model_copy(update={"evidence": counted_by_others(run.evidence)})
    anew = look(replace(a_world(State.PREPARING, counted_anew), reading=slower)).run.pinned
    assert anew is not None
    assert (anew.scrape, anew.settle) == (timedelta(seconds=30), timedelta(seconds=2))
    assert anew == run.pinned.model_copy(update={"scrape": anew.scrape, "settle": anew.settle})
