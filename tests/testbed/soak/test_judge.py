"""What a person reads when something does not hold."""

import copy
from typing import Any

from testbed.shop import NAME
from testbed.shop.manifests import route
from testbed.soak.chronicle import Entry, Phase
from testbed.soak.observer.judge import REMEMBERED, Judge
from testbed.soak.observer.watching import Change

SHOP = "soak-1"


def told(at: float, body: dict[str, Any]) -> Change:
    return Change("virtualservices", SHOP, NAME, int(at), at, copy.deepcopy(body))


def test_a_violation_comes_with_what_happened_before() -> None:
    """Its time, its place, what was seen, and the last events; the next one is counted too."""
    said: list[str] = []
    judge, body = Judge(SHOP, said.append), route("checkout.example")
    judge.take(told(1.5, body))
    for number in range(REMEMBERED + 5):
        judge.hear(Entry(2.0, Phase.NOTE, f"release of v{number}", SHOP))
    body["spec"]["http"][1]["timeout"] = "9s"
    judge.take(told(3.25, body))
    (text,) = said
    head, *events = text.splitlines()
    assert head.startswith(f"VIOLATION of foreign-fields-stay in {SHOP} at ")
    assert ":03.250: a write of the operator changed spec" in head
    assert len(events) == REMEMBERED
    assert events[-2].endswith("release of v24")
    assert "route: share 0, None, by the operator" in events[-1]
    del body["metadata"]["labels"]
    judge.take(told(4.0, body))
    assert judge.violations == 2


def test_people_may_edit() -> None:
    """A number that is new says whose hand it was."""
    said: list[str] = []
    judge, body = Judge(SHOP, said.append), route("checkout.example")
    judge.take(told(1.0, body))
    del body["metadata"]["labels"]
    body["metadata"]["annotations"]["soak.example/edits"] = "1"
    judge.take(told(2.0, body))
    assert said == []


def test_runs_are_counted_once() -> None:
    """However often their status changes; a rollout made anew begins a new count."""
    judge = Judge(SHOP, print)
    run = {"id": "abc-1", "stage": 1, "plan": {"stages": []}}
    for at, uid in enumerate("aab"):
        body = {"metadata": {"uid": uid}, "status": {"state": "Staged", "run": run}}
        judge.take(Change("canaryrollouts", SHOP, NAME, at, float(at), body))
    assert judge.runs == {("a", "abc-1"), ("b", "abc-1")}


def test_the_end_must_be_rest() -> None:
    """Nothing there at all is no rest either: the soak began with a rollout."""
    said: list[str] = []
    judge = Judge(SHOP, said.append)
    judge.close()
    assert "did not come to rest: there is no rollout" in said[0]
