"""What those who serve the route say about it."""

from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Problem, Route
from canary_operator.providers.traffic.gateway_api.edit import current
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, a_rule, a_split, at
from tests.providers.traffic.istio.shapes import a_weight

RULE = a_rule(a_backend("checkout", 1))


def a_parent(name: str = "web", *, generation: int = 3, **conditions: tuple[str, str]) -> dict[str, Any]:
    """A condition is its status and its reason."""
    said = [
        {"type": kind, "status": status, "reason": reason, "message": f"{reason}!", "observedGeneration": generation}
        for kind, (status, reason) in conditions.items()
    ]
    return {"parentRef": {"kind": "Gateway", "name": name}, "controllerName": "example.com/c", "conditions": said}


FINE = a_parent("fine", Accepted=("True", "Accepted"), ResolvedRefs=("True", "ResolvedRefs"))
REFUSED = a_parent("web", Accepted=("False", "NoMatchingListenerHostname"))
UNRESOLVED = a_parent("web", Accepted=("True", "Accepted"), ResolvedRefs=("False", "RefNotPermitted"))


@pytest.mark.parametrize(
    ("parents", "says"),
    [
        ([REFUSED], "not obeyed by Gateway web: NoMatchingListenerHostname: NoMatchingListenerHostname!"),
        ([UNRESOLVED], "not obeyed by Gateway web: RefNotPermitted: RefNotPermitted!"),
        ([FINE, UNRESOLVED], "RefNotPermitted"),
    ],
)
def test_a_route_that_nobody_obeys_is_told_before_a_run(parents: Any, says: str) -> None:
    """In the words of whoever serves it; weights in it would change nothing."""
    found = current(a_route(RULE, parents=parents), a_split())
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert says in found.message


@pytest.mark.parametrize(
    "parents",
    [
        None,
        [a_parent()],
        [FINE],
        [FINE, REFUSED],
        [a_parent(generation=2, Accepted=("False", "NotYet"))],
        [a_parent(Accepted=("True", "Accepted"), ResolvedRefs=("False", "BackendNotFound"))],
    ],
    ids=["nobody", "silent", "fine", "one of two", "of an older spec", "the canary Service is not there yet"],
)
def test_other_words_stop_nothing(parents: Any) -> None:
    """No opinion is no refusal, nor is an old one, nor that of one parent among several."""
    assert isinstance(current(a_route(RULE, parents=parents), a_split()), Route)


def test_in_a_run_nobody_is_asked() -> None:
    """A run looks at the requests, which tell more."""
    assert isinstance(current(at(a_route(RULE, parents=[REFUSED]), a_weight(5)), a_split()), Route)
