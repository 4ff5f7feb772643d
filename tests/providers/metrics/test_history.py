from typing import Any

import pytest

from canary_operator.api.evidence import Counts
from canary_operator.providers.metrics.history import history
from canary_operator.providers.metrics.queries import history as query
from tests.providers.metrics.answers import CANARY, STABLE, passing


def steps(*rows: dict[str, Any]) -> list[tuple[float, float]]:
    return [(step.requests, step.bad) for step in history(rows)[STABLE, "source"]]


def test_each_step_holds_what_came_in_it() -> None:
    """Counters are cumulative; the bad ones have no series before the first."""
    late = passing("bad", [3.0, 4.0])
    late["values"] = [[at + 20, count] for at, count in late["values"]]
    assert steps(passing("all", [5.0, 15.0, 25.0, 40.0]), late) == [(10, 0), (10, 3), (15, 1)]


def test_no_series_of_bad_requests_means_none() -> None:
    """Prometheus has a series of failures from the first failure on."""
    assert steps(passing("all", [5.0, 15.0])) == [(10, 0)]


@pytest.mark.parametrize("fallen", ["all", "bad"])
def test_a_count_that_fell_makes_no_step(fallen: str) -> None:
    """One of several processes began anew: nobody knows what came in between."""
    counts = {"all": [100.0, 200.0, 300.0, 400.0], "bad": [10.0, 11.0, 12.0, 13.0]}
    counts[fallen][2] -= 150
    assert len(steps(*(passing(kind, values) for kind, values in counts.items()))) < 3


def test_arms_and_reporters_are_kept_apart() -> None:
    """What a waypoint counts is no part of what its callers count."""
    waypoint = passing("all", [0.0, 7.0])
    waypoint["metric"]["reporter"] = "waypoint"
    found = history([passing("all", [0.0, 1.0]), passing("all", [0.0, 2.0], CANARY), waypoint])
    assert found == {
        (STABLE, "source"): [Counts(requests=1)],
        (CANARY, "source"): [Counts(requests=2)],
        (STABLE, "waypoint"): [Counts(requests=7)],
    }


def test_the_question_covers_half_an_hour_of_all_callers() -> None:
    """One question for all rollouts that are measured together."""
    asked = query([STABLE, CANARY], {"cluster": "eu"})
    assert asked.startswith("(label_replace(sum by(destination_service_namespace,destination_service_name,reporter)(")
    assert asked.endswith(")[30m:10s]")
    assert asked.count('cluster="eu"') == 3
