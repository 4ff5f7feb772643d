"""What those who serve the route say about it."""

from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.traffic.gateway_api.edit import current
from tests.providers.traffic.gateway_api.shapes import SPLIT, a_backend, a_route, a_rule, a_split, at
from tests.providers.traffic.istio.shapes import a_mirror, a_weight

RULE = a_rule(a_backend("checkout", 1))
PRIMARY = a_rule(a_backend("checkout", 1), name="primary")


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
UNSUPPORTED = a_parent("web", Accepted=("False", "UnsupportedValue"))
DROPPED = a_parent("web", Accepted=("True", "Accepted"), PartiallyInvalid=("True", "UnsupportedValue"))
COMPLAINTS = [UNSUPPORTED, DROPPED, UNRESOLVED]


@pytest.mark.parametrize(
    ("parents", "says"),
    [
        ([REFUSED], "not obeyed by Gateway web: NoMatchingListenerHostname: NoMatchingListenerHostname!"),
        ([UNRESOLVED], "not obeyed by Gateway web: RefNotPermitted: RefNotPermitted!"),
        ([FINE, UNRESOLVED], "RefNotPermitted"),
        ([FINE, UNSUPPORTED], "UnsupportedValue"),
        ([FINE, DROPPED], "UnsupportedValue"),
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
        [FINE, a_parent("other", Accepted=("False", "ParentRefConflict"))],
        [a_parent(generation=2, Accepted=("False", "NotYet"))],
        [a_parent(Accepted=("True", "Accepted"), ResolvedRefs=("False", "BackendNotFound"))],
    ],
    ids=[
        "nobody",
        "silent",
        "fine",
        "one of two",
        "another one of two",
        "of an older spec",
        "the canary Service is not there yet",
    ],
)
def test_other_words_stop_nothing(parents: Any) -> None:
    """No opinion is no refusal, nor is an old one, nor that of one parent of several where the route has no place."""
    assert isinstance(current(a_route(RULE, parents=parents), a_split()), Route)


def faults_at(order: SetWeight, *parents: Any) -> list[str]:
    """The reasons, in a run that has written this order."""
    found = current(at(a_route(PRIMARY, parents=parents), order, SPLIT), SPLIT)
    assert isinstance(found, Route)
    faults = [fault for fault in found.faults if isinstance(fault, Problem)]
    assert len(faults) == len(found.faults)
    assert all("web as it is now, in a run: " in fault.message for fault in faults)
    return [fault.reason for fault in faults]


@pytest.mark.parametrize("parent", COMPLAINTS)
@pytest.mark.parametrize("order", [a_weight(5), a_weight(100), a_weight(0, copies=a_mirror(20))], ids=str)
def test_in_a_run_a_complaint_of_what_was_written_is_heard(order: SetWeight, parent: Any) -> None:
    """One parent is enough: its callers may get no answer at all. Before its first word about it nothing is known."""
    assert faults_at(order, FINE, parent) == [reasons.ROUTE_NOT_ACCEPTED]


@pytest.mark.parametrize("parent", [FINE, REFUSED, a_parent(generation=2, Accepted=("False", "UnsupportedValue"))])
def test_in_a_run_a_word_about_something_else_is_none_about_us(parent: Any) -> None:
    """Where the route has no place it would have none without us; and what stood there before is gone."""
    assert faults_at(a_weight(5), parent) == []


@pytest.mark.parametrize("parent", COMPLAINTS)
def test_what_was_taken_back_is_nobodys_complaint(parent: Any) -> None:
    """Nothing of ours leads to the canary; or the traffic would be taken back again and again."""
    assert faults_at(a_weight(0), parent) == []
