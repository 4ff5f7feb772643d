from fractions import Fraction

import pytest

from canary_operator.core.carriers import HTTP_ROUTE
from canary_operator.core.drift import MOST, what_changed, what_to_do
from canary_operator.core.world import Route
from tests.doubles.worlds import at_stage

PULLED = Fraction(1, 100)


def asks(policy: str = "Hold", reapplied: int = 0, **route: object) -> str:
    run = at_stage()
    run = run.model_copy(update={"plan": run.plan.model_copy(update={"on_drift": policy}), "reapplied": reapplied})
    live = Route(**{"share": PULLED, "record": None, **route})  # type: ignore[arg-type]
    return f"{what_changed(run, live, live)}; {what_to_do(run, live)}"


def test_who_did_what_and_what_to_do() -> None:
    assert asks(editor="kubectl-edit") == (
        "kubectl-edit set the canary's weight to 1%, we had set 5%; "
        "annotate resume=true to set it again, or abort=true to end the run"
    )
    assert asks().startswith("somebody set ")
    assert asks(share=Fraction(5, 100), lost=("canary-operator-match-1-checkout",)).startswith(
        "somebody took away or changed canary-operator-match-1-checkout; annotate resume=true to write it again"
    )


@pytest.mark.parametrize(
    ("tool", "cure"),
    [
        ("argocd-controller", "ignoreDifferences"),
        ("argocd-application-controller", "RespectIgnoreDifferences=true"),
        ("kustomize-controller", "/spec/http"),
        ("helm-controller", "driftDetection.ignore"),
    ],
)
def test_a_tool_that_would_do_it_again_is_named_with_its_cure(tool: str, cure: str) -> None:
    said = asks(editor=tool)
    assert said.startswith(f"{tool} set the canary's weight")
    assert cure in said
    assert len(said) < 700, "a hold keeps so much"


@pytest.mark.parametrize(
    ("tool", "cure"),
    [
        ("argocd-controller", "kind: HTTPRoute, jqPathExpressions: ['.spec.rules[].backendRefs[].weight']"),
        ("kustomize-controller", "paths: [/spec/rules], target: {kind: HTTPRoute}"),
        ("helm-controller", "paths: [/spec/rules], target: {kind: HTTPRoute}"),
    ],
)
def test_the_cure_is_for_the_kind_of_route_that_was_changed(tool: str, cure: str) -> None:
    said = asks(editor=tool, carrier=HTTP_ROUTE)
    assert cure in said
    assert "VirtualService" not in said
    assert len(said) < 700, "a hold keeps so much"


def test_by_itself_it_is_written_again_until_two_fight() -> None:
    assert asks("Reapply").endswith(
        "it is written again, as onDrift says, when the canary's pods are known to be ready"
    )
    assert "two fight over the route: annotate resume=true" in asks("Reapply", reapplied=MOST)
