from typing import Any

import jsonpatch
import pytest

from canary_operator.providers.workloads.adoption import Edit, adopting, giving_back, pausing, unpausing
from canary_operator.providers.workloads.marks import LEFT_PAUSED, MANAGED_BY
from tests.doubles.shop import a_deployment, a_target

Body = dict[str, Any]
OURS = {MANAGED_BY: "shop/checkout"}


def after(body: Body, edit: Edit) -> tuple[dict[str, str], bool]:
    """The annotations and whether it is paused."""
    result = jsonpatch.apply_patch(body, list(edit))
    return result["metadata"].get("annotations", {}), result["spec"].get("paused", False)


@pytest.mark.parametrize("annotations", [None, {"team": "shop"}, {LEFT_PAUSED: "once"}])
def test_adoption_leaves_one_mark(annotations: dict[str, str] | None) -> None:
    """At rest the Deployment is not paused; a note of ours that is no longer true goes."""
    body = a_deployment(annotations=annotations)
    kept = {key: value for key, value in (annotations or {}).items() if key != LEFT_PAUSED}
    assert after(body, adopting(body, a_target())) == ({**kept, **OURS}, False)


def test_where_nothing_pauses_by_itself_adoption_does() -> None:
    """With `adoption: Pause` the mark and the pause come in one write, and the pause alone where only it is missing."""
    target = a_target(adoption="Pause")
    for body in (a_deployment(), a_deployment(annotations=OURS), a_deployment(paused=True)):
        assert after(body, adopting(body, target)) == (OURS, True)


@pytest.mark.parametrize("adoption", ["Policy", "Pause"])
def test_adopting_twice_writes_nothing(adoption: str) -> None:
    """What is there already needs no write."""
    body = a_deployment(annotations=OURS, paused=adoption == "Pause")
    assert adopting(body, a_target(adoption=adoption)) == ()


def test_giving_back_takes_mark_and_pause_off() -> None:
    """The Deployment is as if we had never been there."""
    body = a_deployment(annotations={**OURS, "team": "shop"}, paused=True)
    assert after(body, giving_back(body, a_target(), unpause=True)) == ({"team": "shop"}, False)


def test_what_stays_paused_says_why() -> None:
    """Whoever finds it later reads who did it and how to go on."""
    body = a_deployment(annotations=OURS, paused=True)
    annotations, paused = after(body, giving_back(body, a_target(), unpause=False))
    assert paused
    assert set(annotations) == {LEFT_PAUSED}
    assert "CanaryRollout shop/checkout" in annotations[LEFT_PAUSED]
    assert "kubectl rollout resume deployment/checkout" in annotations[LEFT_PAUSED]


def test_what_was_never_paused_needs_no_excuse() -> None:
    """Without a pause there is nothing to explain, whatever was decided."""
    body = a_deployment(annotations=OURS)
    assert after(body, giving_back(body, a_target(), unpause=False)) == ({}, False)


@pytest.mark.parametrize("annotations", [None, {MANAGED_BY: "shop/other"}])
def test_what_is_not_ours_is_not_given_back(annotations: dict[str, str] | None) -> None:
    """A Deployment without our mark is somebody else's, pause and all."""
    body = a_deployment(annotations=annotations, paused=True)
    assert giving_back(body, a_target(), unpause=True) == ()


@pytest.mark.parametrize("body", [a_deployment(paused=True), a_deployment(paused=False), a_deployment()])
def test_pausing_and_unpausing_find_themselves_done(body: Body) -> None:
    """Whatever it was before, it is what was asked for afterwards."""
    assert after(body, pausing(body))[1] is True
    assert after(body, unpausing(body))[1] is False
