from collections.abc import Sequence
from typing import Any

import pytest

from canary_operator.api.evidence import MOST_PODS, Counts
from canary_operator.api.status import PodSpread
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.counting import ByCallers
from canary_operator.providers.metrics.history import by_pod
from canary_operator.providers.metrics.queries import pods_history
from canary_operator.providers.metrics.scatter import scatter_of
from tests.providers.metrics.answers import HERE, NOW, STABLE

ARM = (STABLE, "source")


def of_pod(pod: str, kind: str, counts: Sequence[float], *, first: int = 0) -> dict[str, Any]:
    labels = {"destination_service_namespace": STABLE.namespace, "destination_service_name": STABLE.name}
    values = [[NOW + 60 * (first + at), str(count)] for at, count in enumerate(counts)]
    return {"metric": {**labels, "class": kind} | ({"pod": pod} if pod else {}), "values": values}


def steady(pod: str, bad: float) -> list[dict[str, Any]]:
    return [
        of_pod(pod, "all", [600.0 * at for at in range(31)]),
        of_pod(pod, "bad", [bad * at for at in range(31)]),
    ]


def test_the_minutes_of_all_pods_are_the_same_ones() -> None:
    """Where a pod was not there, or began anew, it counted nothing."""
    rows = [
        of_pod("a", "all", [10.0, 20.0, 30.0, 5.0]),
        of_pod("b", "all", [7.0, 9.0], first=1),
        of_pod("b", "bad", [1.0], first=2),
        of_pod("", "all", [1.0, 2.0]),
    ]
    assert by_pod(rows) == {
        STABLE: {
            "a": [Counts(requests=10), Counts(requests=10), Counts()],
            "b": [Counts(), Counts(requests=2, bad=1), Counts()],
        }
    }


def test_of_very_many_pods_some_are_kept() -> None:
    rows = [of_pod(f"p{number:03}", "all", [0.0, 1.0]) for number in range(MOST_PODS + 9)]
    assert len(by_pod(rows)[STABLE]) == MOST_PODS


@pytest.mark.parametrize("row", [5, {}, {"metric": {}, "values": []}])
def test_another_answer_is_no_history(row: Any) -> None:
    with pytest.raises(Unavailable):
        by_pod([row])


def test_pods_that_differ_are_told_from_chance() -> None:
    errors = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0}

    def ask(query: str) -> list[dict[str, Any]]:
        return [row for pod, bad in errors.items() for row in steady(pod, bad)] * ("1m]" in query)

    scatter = scatter_of(ask, [HERE], ByCallers({}))(ARM)
    assert scatter.phi == 1
    assert scatter.pods is not None
    assert (scatter.pods.pods, 0.6 < scatter.pods.tau < 1.0) == (4, True)


def test_pods_that_are_alike_have_no_spread() -> None:
    def ask(query: str) -> list[dict[str, Any]]:
        return [row for pod in "abcd" for row in steady(pod, 3)] * ("1m]" in query)

    assert scatter_of(ask, [HERE], ByCallers({}))(ARM).pods == PodSpread(pods=4, tau=0.0)


@pytest.mark.parametrize("broken", [True, False])
def test_without_the_pods_own_reports_a_run_goes_on(broken: bool) -> None:
    """Many scrape gateways alone; and what Prometheus can't answer here it need not."""

    def ask(query: str) -> list[dict[str, Any]]:
        if broken and "1m]" in query:
            raise Unavailable("too many samples")
        return []

    scatter = scatter_of(ask, [HERE], ByCallers({}))(ARM)
    assert (scatter.phi, scatter.pods) == (1, None)


def test_only_receivers_are_asked_and_the_providers_labels_hold() -> None:
    asked = pods_history([STABLE], {"cluster": "eu", "reporter": "source"})
    assert 'reporter="destination"' in asked
    assert 'reporter="source"' not in asked
    assert 'cluster="eu"' in asked
    assert asked.endswith("[30m:1m]")
