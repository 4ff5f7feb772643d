"""What is read from raw objects: small frozen facts. Only here stands which public field means what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from testbed.shop import CANARY, NAME

Body = Mapping[str, Any]

EDITS = "soak.example/edits"
"""People number their edits of a route in this annotation; a version without a new number is the operator's."""
_OURS = "canary-operator.dev/"
_ROUTE = f"{_OURS}route"
_DEADLINES = ("endsAt", "prepareBy", "drainUntil")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Record:
    """What the operator's own annotation says it did to the route."""

    run: str
    stage: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Route:
    share: Fraction
    """The canary's share of what the rule sends."""
    record: Record | None
    foreign: str
    """Everything that is not the operator's, in one canonical text."""
    edits: str
    bare: bool
    """Nothing of a run is in it: no record, no destination for the canary, no weight."""


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    stage: int
    plan: tuple[tuple[Fraction, float], ...]
    """Weights with their durations in seconds."""
    deadline: float
    """The latest of the moments that it says it waits for; 0 when it names none."""
    hold: str
    outcome: str
    reason: str
    reversed: bool = False
    """The new revision is behind the stable Service."""


@dataclass(frozen=True, slots=True)
class Rollout:
    uid: str
    deleting: bool
    orders: frozenset[str]
    state: str
    reason: str
    """Of the condition Ready."""
    message: str
    run: Run | None
    observed: int
    """The generation of the Deployment that it speaks of."""

    @property
    def rests(self) -> bool:
        return self.run is None and self.state in {"Resting", "Outside", ""} and not self.deleting


@dataclass(frozen=True, slots=True)
class Deployment:
    tag: str
    paused: bool
    adopted: bool
    generation: int


@dataclass(frozen=True, slots=True)
class Slice:
    service: str
    ready: int


def route(body: Body) -> Route:
    rule = next(rule for rule in body["spec"]["http"] if rule.get("name") == "primary")
    weights = {to["destination"]["host"]: to.get("weight") for to in rule["route"]}
    record = _record(body)
    bare = record is None and CANARY not in weights and weights.get(NAME) is None
    edits = _annotations(body).get(EDITS, "")
    return Route(_share(weights), record, _foreign(body), edits, bare)


def rollout(body: Body) -> Rollout:
    status = body.get("status", {})
    ready: Body = next((it for it in status.get("conditions", []) if it["type"] == "Ready"), {})
    verbs = (key for key in _annotations(body) if key.startswith(_OURS))
    return Rollout(
        uid=body["metadata"]["uid"],
        deleting="deletionTimestamp" in body["metadata"],
        orders=frozenset(key.removeprefix(_OURS) for key in verbs),
        state=status.get("state", ""),
        reason=ready.get("reason", ""),
        message=ready.get("message", ""),
        run=_run(status["run"]) if status.get("run") else None,
        observed=status.get("workload", {}).get("observedGeneration", 0),
    )


def deployment(body: Body) -> Deployment:
    image = body["spec"]["template"]["spec"]["containers"][0]["image"]
    return Deployment(
        tag=image.rpartition(":")[2],
        paused=body["spec"].get("paused", False),
        adopted=f"{_OURS}managed-by" in _annotations(body),
        generation=body["metadata"]["generation"],
    )


def endpoint_slice(body: Body) -> Slice:
    """As Kubernetes reads it: an endpoint that says nothing is ready."""
    ready = sum((it.get("conditions") or {}).get("ready") is not False for it in body.get("endpoints") or [])
    return Slice(body["metadata"].get("labels", {}).get("kubernetes.io/service-name", ""), ready)


def seconds(text: str) -> float:
    """`1m30s` → 90."""
    total, number = 0.0, ""
    for letter in text:
        if letter in _UNITS:
            total, number = total + float(number) * _UNITS[letter], ""
        else:
            number += letter
    return total


def _run(run: Body) -> Run:
    moments = [datetime.fromisoformat(run[name]).timestamp() for name in _DEADLINES if run.get(name)]
    return Run(
        id=run["id"],
        stage=run["stage"],
        plan=tuple((_percent(it["weight"]), seconds(it["duration"])) for it in run["plan"]["stages"]),
        deadline=max(moments, default=0.0),
        hold=(run.get("hold") or {}).get("reason", ""),
        outcome=run.get("outcome") or "",
        reason=run.get("reason") or "",
        reversed=run.get("reversed", False),
    )


def _record(body: Body) -> Record | None:
    entries = json.loads(_annotations(body).get(_ROUTE, "{}"))
    entry = next(iter(entries.values()), None)
    return Record(entry["run"], entry["stage"], entry["purpose"]) if entry else None


def _share(weights: Mapping[str, int | None]) -> Fraction:
    """A single destination gets everything, whatever its weight says."""
    if len(weights) == 1:
        return Fraction(CANARY in weights)
    total = sum(weight or 0 for weight in weights.values())
    return Fraction(weights.get(CANARY) or 0, total or 1)


def _foreign(body: Body) -> str:
    """Spec, labels, annotations and finalizers without the two weights, the canary's destination and the record."""
    metadata = body["metadata"]
    annotations = {key: value for key, value in _annotations(body).items() if key != _ROUTE}
    rules = [_without_ours(rule) for rule in body["spec"]["http"]]
    kept = [{**body["spec"], "http": rules}, metadata.get("labels"), annotations, metadata.get("finalizers")]
    return json.dumps(kept, sort_keys=True)


def _without_ours(rule: Body) -> Body:
    if rule.get("name") != "primary":
        return rule
    return {**rule, "route": [_weightless(to) for to in rule["route"] if to["destination"]["host"] != CANARY]}


def _weightless(destination: Body) -> Body:
    if destination["destination"]["host"] != NAME:
        return destination
    return {key: value for key, value in destination.items() if key != "weight"}


def _annotations(body: Body) -> Mapping[str, str]:
    return body["metadata"].get("annotations") or {}


def _percent(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / 100


def ready_of(slices: Sequence[Slice], service: str) -> int:
    return sum(one.ready for one in slices if one.service == service)
