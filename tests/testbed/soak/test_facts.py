"""Raw objects as the API tells them, and what is read from them."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from testbed.shop import CANARY, NAME
from testbed.shop.manifests import deployment, route
from testbed.soak.observer import facts
from testbed.soak.observer.facts import Record

ENTRY = {"run": "abc-1", "stage": 2, "weight": "25%", "purpose": "Stage"}


def a_route(weights: dict[str, int] | None = None, **annotations: str) -> dict[str, Any]:
    body = route("checkout.example")
    body["metadata"]["annotations"] |= annotations
    if weights:
        to = [{"destination": {"host": host}, "weight": weight} for host, weight in weights.items()]
        body["spec"]["http"][1]["route"] = to
    return body


def test_a_route_in_a_run_and_without_one() -> None:
    """The share is of what both receive; what people own is the same text in both."""
    before = facts.route(a_route())
    staged = facts.route(
        a_route({NAME: 3, CANARY: 1}, **{"canary-operator.dev/route": json.dumps({"shop/checkout": ENTRY})})
    )
    assert (before.share, before.record, before.bare) == (Fraction(0), None, True)
    assert (staged.share, staged.record) == (Fraction(1, 4), Record("abc-1", 2, "Stage"))
    assert not staged.bare
    body = a_route()
    del body["spec"]["http"][1]["route"][0]["destination"]["port"]
    assert facts.route(body).foreign == staged.foreign != before.foreign


def test_every_foreign_field_counts() -> None:
    """A label, a timeout, another rule, an annotation."""
    before = facts.route(a_route()).foreign
    label, timeout, rule = a_route(), a_route(), a_route()
    label["metadata"]["labels"]["edited"] = "yes"
    timeout["spec"]["http"][1]["timeout"] = "1s"
    del rule["spec"]["http"][0]
    others = [facts.route(body).foreign for body in (label, timeout, rule, a_route(note="x"))]
    assert len({before, *others}) == 5


def test_a_weight_that_stays_behind_is_not_bare() -> None:
    """The user had written none."""
    assert not facts.route(a_route({NAME: 100})).bare


def test_a_rollout_with_a_run() -> None:
    """Its plan in numbers, and the latest moment that it waits for."""
    run = {
        "id": "abc-1",
        "stage": 1,
        "plan": {"stages": [{"weight": "0.5%", "duration": "1m30s"}]},
        "endsAt": "2026-01-01T00:00:10Z",
        "drainUntil": "2026-01-01T00:00:05.5Z",
        "hold": {"reason": "Paused"},
    }
    status = {"state": "Staged", "run": run, "conditions": [{"type": "Ready", "reason": "Paused"}]}
    metadata = {"uid": "u", "annotations": {"canary-operator.dev/resume": "true", "other": "x"}}
    seen = facts.rollout({"metadata": metadata, "status": status})
    assert (seen.state, seen.reason, seen.rests) == ("Staged", "Paused", False)
    assert seen.orders == {"resume"}
    assert seen.run is not None
    assert seen.run.plan == ((Fraction(1, 200), 90.0),)
    assert (seen.run.hold, seen.run.deadline) == ("Paused", datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC).timestamp())


def test_a_rollout_at_rest() -> None:
    """Also one that nobody has looked at yet; one that is being deleted does not rest."""
    assert facts.rollout({"metadata": {"uid": "u"}}).rests
    assert not facts.rollout({"metadata": {"uid": "u", "deletionTimestamp": "x"}}).rests


def test_a_deployment() -> None:
    """Its tag tells how its pods behave."""
    body = deployment("v2-e5", 2)
    body["metadata"] |= {"generation": 3, "annotations": {"canary-operator.dev/managed-by": "shop/checkout"}}
    seen = facts.deployment(body)
    assert (seen.tag, seen.paused, seen.adopted, seen.generation) == ("v2-e5", False, True, 3)


def test_ready_endpoints() -> None:
    """One that says nothing is ready; a Service may have several slices."""
    conditions: list[dict[str, Any]] = [{"ready": True}, {"ready": False}, {}]
    body = {
        "metadata": {"labels": {"kubernetes.io/service-name": CANARY}},
        "endpoints": [{"conditions": each} for each in conditions],
    }
    one = facts.endpoint_slice(body)
    assert facts.ready_of([one, one, facts.Slice(NAME, 7)], CANARY) == 4


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("1h1m1s", 3661), ("0.25s", 0.25)])
def test_durations(text: str, seconds: float) -> None:
    """As the CRD writes them."""
    assert facts.seconds(text) == seconds
