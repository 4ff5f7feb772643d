import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from canary_operator.api.evidence import Counts
from canary_operator.api.status import Condition, Hold, Pinned, State, Status
from canary_operator.operator.agenda import Turn
from canary_operator.operator.telemetry import Telemetry
from canary_operator.providers.metrics.server import Look
from canary_operator.providers.resources import LEASES
from tests.doubles.worlds import a_run

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHICH = '{namespace="shop",rollout="checkout"}'


class Page:
    """What a scrape sees."""

    def __init__(self) -> None:
        self.rollouts: list[tuple[str, str, Status]] = []
        self.telemetry = Telemetry()
        self.telemetry.show(lambda: self.rollouts, waiting=lambda: 3, tasks=lambda: 12)

    @property
    def text(self) -> str:
        return self.telemetry.page().decode()

    def value(self, series: str) -> float | None:
        found = re.search(rf"^{re.escape('canary_operator_' + series)} (.+)$", self.text, re.MULTILINE)
        return None if found is None else float(found[1])


@pytest.fixture
def page() -> Page:
    return Page()


def test_every_name_is_ours(page: Page) -> None:
    """One prefix, so that one query finds them all; counters end in _total."""
    page.rollouts = [("shop", "checkout", Status())]
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", page.text, re.MULTILINE)
    own = [(name, kind) for name, kind in kinds if not name.endswith("_created")]
    assert len(own) > 10
    assert all(name.startswith("canary_operator_") for name, _ in own)
    assert all(name.endswith("_total") for name, kind in own if kind == "counter")


def test_a_run_is_seen_in_numbers(page: Page) -> None:
    """Shares between 0 and 1, as Prometheus has it."""
    run = a_run(weight=Fraction(1, 4), stage=2, hold=Hold(reason="Paused", message="", since=NOON))
    status = Status(state=State.STAGED, run=run, observed_weight="24.6%", canary_requests=18240)
    page.rollouts = [("shop", "checkout", status)]
    assert page.value(f"rollout_weight_ratio{WHICH}") == 0.25
    assert page.value(f"rollout_observed_weight_ratio{WHICH}") == 0.246
    assert page.value(f"rollout_stage{WHICH}") == 2
    assert page.value(f"rollout_canary_requests{WHICH}") == 18240
    assert page.value('rollouts{state="Staged"}') == 1
    assert page.value('rollouts_holding{reason="Paused"}') == 1


def test_evidence_is_told_against_its_bound(page: Page) -> None:
    """One alert fits every rollout: from 1 on it is rolled back."""
    run = a_run(pinned=Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5)))
    page.rollouts = [("shop", "checkout", Status(state=State.STAGED, run=run))]
    value = page.value(f"rollout_evidence_ratio{WHICH}")
    assert value is not None
    assert 0 <= value < 1


def test_readiness_follows_the_condition(page: Page) -> None:
    """A rollout without conditions says nothing."""
    condition = Condition(
        type="Ready", status="False", reason="RolledBack", message="", last_transition_time=NOON, observed_generation=1
    )
    page.rollouts = [("shop", "checkout", Status(conditions=(condition,))), ("shop", "fresh", Status())]
    assert page.value(f"rollout_ready{WHICH}") == 0
    assert page.value('rollout_ready{namespace="shop",rollout="fresh"}') is None


def test_series_end_with_their_rollout(page: Page) -> None:
    """Nothing of a deleted rollout is left on the page."""
    page.rollouts = [("shop", "checkout", Status(run=a_run()))]
    assert "checkout" in page.text
    page.rollouts = []
    assert "checkout" not in page.text


def test_passes_and_rollbacks_are_timed_from_their_news(page: Page) -> None:
    """From the reading that called for the pass; users wait for the route, not for what the pass does after it."""
    turn = Turn("uid", NOON)
    page.telemetry.passed(turn, NOON + timedelta(seconds=0.2))
    page.telemetry.taken_back(turn, NOON + timedelta(seconds=0.1))
    page.telemetry.passed(turn, NOON + timedelta(seconds=0.4))
    assert page.value("rollback_latency_seconds_count") == 1
    assert page.value("rollback_latency_seconds_sum") == 0.1
    assert page.value("decision_lag_seconds_count") == 2


def test_calls_looks_and_failures_are_counted(page: Page) -> None:
    """By what they were and how they ended."""
    page.telemetry.called("patch", LEASES, 409, 0.01)
    page.telemetry.failed("Conflict")
    look = Look(provider="default", seconds=0.1, rollouts=3, error=None, skew=None)
    page.telemetry.looked(look)
    page.telemetry.looked(replace(look, error="no answer"))
    page.telemetry.leads(True)
    assert page.value('api_calls_total{code="409",resource="leases",verb="patch"}') == 1
    assert page.value('pass_failures_total{error="Conflict"}') == 1
    assert page.value('looks_total{provider="default"}') == 2
    assert page.value('provider_errors_total{provider="default"}') == 1
    assert page.value("leader") == 1
    assert page.value("passes_waiting") == 3
    assert page.value("tasks") == 12


def test_many_rollouts_are_told_quickly(page: Page) -> None:
    """A scrape stops everything else for its time."""
    run = a_run(pinned=Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5)))
    counted = run.evidence.model_copy(update={"uncompared": Counts(requests=100, bad=1)})
    status = Status(state=State.STAGED, run=run.model_copy(update={"evidence": counted}))
    page.rollouts = [("shop", f"rollout-{number}", status) for number in range(500)]
    began = datetime.now(UTC)
    assert page.text.count("rollout_stage{") == 500
    assert datetime.now(UTC) - began < timedelta(seconds=2)
