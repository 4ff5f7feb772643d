from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.own_hints import own_hint, similar

QUERY = "sum by (pod) (orders_payd_total{n='shop'}) / sum by (pod) (visits_total{n='shop'})"
NAMES = [{"metric": {"__name__": name}} for name in ("orders_paid_total", "orders_open", "orchestra")]


def answering(series: Mapping[str, Sequence[Any]]) -> Callable[[str], Sequence[Any]]:
    return lambda query: series.get(query, [])


def test_a_metric_that_is_nowhere_gets_the_names_most_like_its_own() -> None:
    ask = answering({"topk(1,visits_total)": [{"metric": {}}], similar("orders_payd_total"): NAMES})
    assert own_hint(QUERY, ask) == ("There is no series of orders_payd_total at all; did you mean orders_paid_total?")


def test_a_metric_that_is_there_is_shown_with_its_labels() -> None:
    ask = answering(
        {
            "topk(1,visits_total)": [{"metric": {"a": "1"}}],
            "topk(1,orders_payd_total)": [{"metric": {"__name__": "orders_payd_total", "ns": "shop", "job": "pods"}}],
        }
    )
    assert own_hint(QUERY, ask) == 'One of its series has job="pods", ns="shop".'


def test_nothing_alike_and_nothing_selected_say_little() -> None:
    assert own_hint(QUERY, answering({})) == "There is no series of orders_payd_total at all."
    assert not own_hint("vector(1)", answering({}))


def test_only_names_with_the_same_beginning_are_asked_for() -> None:
    """A server may have a hundred thousand of them."""
    assert similar("orders_paid_total") == 'group by(__name__)({__name__=~"orde.*"})'
    assert similar("up") == 'group by(__name__)({__name__=~"up.*"})'


@pytest.mark.parametrize("row", [5, {}, {"metric": {}}])
def test_another_answer_is_no_hint(row: Any) -> None:
    with pytest.raises(Unavailable):
        own_hint(QUERY, answering({similar("orders_payd_total"): [row]}))
