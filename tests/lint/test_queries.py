"""A query of one's own that names pods or Services, and where."""

import copy

import pytest

from canary_operator.lint.every import pitfalls
from canary_operator.lint.files import Files, Pitfall
from tests.lint.manifests import GOOD


def found(query: str, out_of: str) -> list[Pitfall]:
    """In the good manifests with a rollout that is judged by this metric."""
    manifests = copy.deepcopy(GOOD)
    metric = {"name": "paid", "promQL": query, "outOf": out_of, "max": "1%"}
    manifests["rollout"]["spec"]["analysis"] = {"metrics": [metric]}
    return pitfalls(Files(tuple(manifests.values()), "shop"))


@pytest.mark.parametrize(
    "labels",
    [
        "pod=~'$pods',namespace='$namespace'",
        "s='$service',exported_namespace='shop'",
        "arm='$arm'",
        "arm='$arm',cost='$$pods'",
    ],
    ids=["the placeholder", "a label of its own", "the arm alone", "no placeholder at all"],
)
def test_what_has_no_namesake_elsewhere_is_no_pitfall(labels: str) -> None:
    assert not found(f"paid{{{labels}}}", f"visits{{{labels}}}")


def test_one_sentence_tells_all_names_that_a_metric_asks_by() -> None:
    """One query of the two is enough to count strangers."""
    (pitfall,) = found("paid{pod=~'$pods'}", "visits{s='$service'}")
    assert (pitfall.severity, pitfall.rule) == ("warning", "query-of-every-namespace")
    assert "the metric paid asks by $pods and $service without a namespace" in pitfall.sentence
    (half,) = found("paid{pod=~'$pods',namespace='$namespace'}", "visits{pod=~'$pods'}")
    assert "asks by $pods without" in half.sentence
