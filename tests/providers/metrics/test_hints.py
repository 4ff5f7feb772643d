from typing import Any

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.hints import counted, hint
from canary_operator.providers.metrics.queries import Service, present
from tests.providers.metrics.answers import STABLE


def found(*names: str, namespace: str = "shop", reporter: str = "source") -> list[dict[str, Any]]:
    return [
        {
            "metric": {
                "destination_service_namespace": namespace,
                "destination_service_name": name,
                "reporter": reporter,
            }
        }
        for name in names
    ]


def said(*rows: dict[str, Any]) -> str:
    return hint(STABLE, counted(rows))


def test_a_name_that_was_meant_is_named() -> None:
    """The nearest of those that there are comes first."""
    assert said(*found("cart", "chekout", "unknown")) == (
        "In the namespace shop it has requests to chekout, cart, unknown; did you mean chekout?"
    )


def test_nothing_alike_is_only_listed() -> None:
    """Five names at most, in a steady order."""
    assert said(*found(*"gbzyaf")) == "In the namespace shop it has requests to a, b, f, g, y, …."


def test_nothing_in_the_namespace_is_said() -> None:
    """Whatever other namespaces have."""
    assert said(*found("checkout", namespace="other")) == "It has none to anything in the namespace shop."
    assert said() == "It has none to anything in the namespace shop."


def test_requests_that_only_receivers_count_are_told_apart() -> None:
    """They would not know a request that met no pod, so nobody is judged by them."""
    assert said(*found("checkout", reporter="destination")) == (
        "Only destination reports count requests to it: the callers are not scraped."
    )


@pytest.mark.parametrize("rows", [[{}], [None], [{"metric": {}}]])
def test_a_foreign_answer_is_no_hint(rows: list[Any]) -> None:
    """The looks say what is wrong with it."""
    with pytest.raises(Unavailable):
        counted(rows)


def test_the_question_is_for_all_reporters_in_the_namespaces() -> None:
    """Those that are not believed are just what may be the matter."""
    assert present({"shop", "eu"}, {"cluster": "a"}) == (
        "group by(destination_service_namespace,destination_service_name,reporter)"
        '(istio_requests_total{cluster="a",destination_service_namespace=~"eu|shop"})'
    )
    assert Service("shop", "checkout") == STABLE
