import re

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.workloads.labels import Override, candidates, choose_override, selector_text
from tests.doubles.shop import Body, a_deployment, a_service, a_template

NAME = "app.kubernetes.io/name"


def chosen(labels: dict[str, str], selected: dict[str, str], asked: str | None = None) -> Override | Problem:
    return choose_override(a_deployment(a_template(labels=labels)), a_service(selector=selected), asked)


@pytest.mark.parametrize(
    ("labels", "selected", "asked", "key"),
    [
        ({"role": "web"}, {"role": "web"}, None, "role"),
        ({"role": "web", "app": "shop"}, {"role": "web", "app": "shop"}, None, "app"),
        ({"role": "web", NAME: "shop"}, {"role": "web", NAME: "shop"}, None, NAME),
        ({"role": "web", "app": "shop"}, {"role": "web", "app": "shop"}, "role", "role"),
        ({"role": "web", "app": "shop"}, {"role": "web"}, None, "role"),
    ],
    ids=["the only one", "usual", "also usual", "asked for", "only one in common"],
)
def test_a_label_of_both_selectors_is_chosen(
    labels: dict[str, str], selected: dict[str, str], asked: str | None, key: str
) -> None:
    """The user's word first, then the only candidate, then the usual ones."""
    assert chosen(labels, selected, asked) == Override(key, labels[key], f"{labels[key]}-canary")


@pytest.mark.parametrize(
    ("labels", "selected", "asked", "words"),
    [
        ({"app": "shop"}, {"role": "web"}, None, "no label in common"),
        ({"app": "shop"}, {}, None, "no label in common"),
        ({"app": "shop"}, {"app": "shop"}, "role", "canaryLabel 'role' is not among .*: app"),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, None, "set spec.workload.canaryLabel to one of .*: a, b"),
    ],
    ids=["nothing in common", "no selector", "not in common", "several"],
)
def test_a_label_that_cannot_be_chosen_is_refused_with_the_candidates(
    labels: dict[str, str], selected: dict[str, str], asked: str | None, words: str
) -> None:
    """Nobody guesses by which label the pods are told apart."""
    problem = chosen(labels, selected, asked)
    assert isinstance(problem, Problem)
    assert problem.reason == reasons.LABEL_NOT_FOUND
    assert re.search(words, problem.message)


def test_a_key_of_an_expression_is_no_candidate() -> None:
    """Another value would contradict the expression."""
    body = a_deployment()
    body["spec"]["selector"]["matchExpressions"] = [{"key": "app", "operator": "In", "values": ["checkout"]}]
    assert candidates(body, a_service()) == ()


def test_a_value_that_gets_too_long_is_shortened() -> None:
    """A label's value has at most 63 characters, and two long ones stay different."""
    values = [f"{'a' * 62}{end}" for end in "xy"]
    overrides = [chosen({"app": value}, {"app": value}) for value in values]
    shortened = [override.canary for override in overrides if isinstance(override, Override)]
    assert [len(value) for value in shortened] == [63, 63]
    assert len(set(shortened)) == 2


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, "a in (1,2)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, "a notin (1)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
        ({"matchLabels": {"b": "2"}, "matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "b=2,!a"),
    ],
)
def test_a_selector_is_written_as_lists_take_it(selector: Body, text: str) -> None:
    """Every operator of a label selector has its form."""
    assert selector_text(selector) == text
