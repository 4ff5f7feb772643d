import pytest

from canary_operator.api.metric import Metric
from canary_operator.providers.metrics.own_queries import own_queries
from tests.providers.metrics.own import BUDGET, CONVERSION, SECOND, asked, target


def test_both_arms_are_asked_for_the_part_and_the_whole() -> None:
    texts = dict(asked(CONVERSION).parts)
    assert texts["canary"] == "sum by(pod)(paid{n='shop',pod=~'check[.]out-canary-[a-z0-9]+-[a-z0-9]{5}'})"
    assert texts["baseline"] == "sum by(pod)(paid{n='shop',pod=~'check[.]out-[a-z0-9]+-[a-z0-9]{5}'})"
    assert texts["canary-whole"] == "sum by(pod)(visits{w='check.out-canary'})"
    assert texts["baseline-whole"] == "sum by(pod)(visits{w='check.out'})"


def test_in_a_reversed_run_the_arms_are_asked_where_they_are() -> None:
    """The new revision is in the user's Deployment then."""
    texts = dict(asked(CONVERSION, exchanged=True).parts)
    assert texts["canary-whole"] == "sum by(pod)(visits{w='check.out'})"


def test_a_question_is_one_and_its_interval_is_four_scrapes() -> None:
    question = asked(BUDGET).together(15 * SECOND)
    assert question.count("[60s]") == 2
    assert question.count(" or ") == 1
    assert "s='checkout-canary',a='canary'" in question
    assert "s='checkout',a='baseline'" in question
    assert "[10s]" in asked(BUDGET).together(SECOND), "a rate of two samples says nothing"


@pytest.mark.parametrize(("preset", "series"), [("memory", "working_set"), ("cpu", "cpu_usage_seconds")])
def test_presets_about_pods_have_queries_too(preset: str, series: str) -> None:
    question = asked(Metric.model_validate({"preset": preset, "maxIncrease": "50%"})).together(SECOND)
    assert series in question
    assert "$" not in question
    assert "pod=~'check" in question.replace('"', "'")


def test_what_all_rollouts_share_is_not_asked_apart() -> None:
    """And restarts are no affair of Prometheus."""
    shared = [{"preset": "istio-error-rate", "max": "1%"}, {"preset": "restarts", "max": "0"}]
    assert own_queries(target(), [Metric.model_validate(one) for one in shared], exchanged=False) == ()
