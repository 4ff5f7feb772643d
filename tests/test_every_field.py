"""No field without effect: for each, two values lead to different decisions, patches or plans."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from canary_operator.api.evidence import Arms, Counts, Split
from canary_operator.api.metric import Metric
from canary_operator.api.reasons import TRAFFIC_PULLED
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Hold, Pinned, State
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.checks import CHECKS
from canary_operator.core.checks.drifted import drifted
from canary_operator.core.checks.shares import misrouted
from canary_operator.core.cookies import cookies_at
from canary_operator.core.copies import copies_at, of_what
from canary_operator.core.evidence.judge import begin, fold, judge
from canary_operator.core.evidence.sample import Counter, Numbers, Sample, SourceSample
from canary_operator.core.evidence.together import together
from canary_operator.core.findings import first
from canary_operator.core.moves import MOVES
from canary_operator.core.plan import new_run, terms
from canary_operator.core.world import Problem, Route, World
from canary_operator.operator.references import references_of
from canary_operator.ports import Target
from canary_operator.providers.metrics.applications import Application
from canary_operator.providers.metrics.applications import counters as application_queries
from canary_operator.providers.metrics.own_queries import own_queries
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.resources import DESTINATION_RULES
from canary_operator.providers.traffic.istio.delegate import delegate
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services
from canary_operator.providers.traffic.kinds import kind_for
from canary_operator.providers.workloads.canary import canary_deployment
from canary_operator.providers.workloads.labels import Override, choose_override
from canary_operator.providers.workloads.marks import canary_name
from tests.doubles.memory import NOON
from tests.doubles.shop import a_deployment, a_service, a_template
from tests.doubles.worlds import AT_REST, DEPLOYMENT, READING, a_world

BASE: dict[str, Any] = {
    "workload": {"deploymentRef": {"name": "checkout"}},
    "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
    "stages": [{"weight": "5%", "duration": "5m"}, {"weight": "50%", "duration": "5m"}],
    "analysis": {"warmup": "0s", "metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]},
}
TRAFFIC_ONLY = {key: value for key, value in BASE.items() if key != "workload"} | {"revision": "v1"}
ROUTE = {
    "metadata": {"name": "checkout", "namespace": "shop", "resourceVersion": "1"},
    "spec": {"http": [{"name": name, "route": [{"destination": {"host": host}}]} for name, host in
                      (("a", "checkout"), ("b", "checkout"), ("c", "basket"))],
             "tcp": [{"match": [{"port": port}], "route": [{"destination": {"host": "checkout"}}]}
                     for port in (9000, 9001)],
             "tls": [{"match": [{"port": port, "sniHosts": [host]}], "route": [{"destination": {"host": "checkout"}}]}
                     for port, host in ((443, "a.example.com"), (443, "b.example.com"), (8443, "a.example.com"))]},
}  # fmt: skip
HTTP_ROUTE: Any = {
    "metadata": {"name": "checkout", "namespace": "shop", "resourceVersion": "1"},
    "spec": {"rules": [{"name": name, "backendRefs": [{"name": "checkout", "weight": 1}]} for name in ("a", "b")]},
}


def changed(base: dict[str, Any], path: str, value: object) -> Spec:
    """The base with one field set; list indices are numbers in the path."""
    body: Any = eval(repr(base))  # noqa: S307 -- a deep copy of literals
    parent: Any = body
    *way, last = path.split(".")
    for step in way:
        parent = parent[int(step)] if step.isdecimal() else parent.setdefault(step, {})
    parent[int(last) if last.isdecimal() else last] = value
    return Spec.model_validate(body)


def target(spec: Spec) -> Target:
    return Target("shop", "checkout", "u-1", spec)


def the_plan(spec: Spec) -> object:
    return new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON).plan.stages


def the_start(spec: Spec) -> object:
    """The run that a new revision starts, without its plan."""
    world = replace(a_world(State.RESTING, deployment=DEPLOYMENT), spec=spec)
    run = MOVES[found(world).event](world, found(world)).status.run
    assert run is not None
    return run.prepare_by, run.plan.drain


def found(world: World) -> Any:
    return first(CHECKS[world.status.state], world)


def the_finding_at_rest(spec: Spec) -> object:
    return found(replace(a_world(State.RESTING, deployment=AT_REST), spec=spec)).event


def the_finding_without_a_workload(spec: Spec) -> object:
    return found(replace(a_world(State.RESTING, deployment=None, canary=None), spec=spec)).event


def the_canary(spec: Spec) -> object:
    """The canary Deployment beside one that two labels could tell apart."""
    labels = {"app": "checkout", "tier": "web"}
    stable = a_deployment(a_template(labels=labels), selector={"matchLabels": labels})
    assert spec.workload is not None
    override = choose_override(stable, a_service(selector=labels), spec.workload.canary_label)
    assert isinstance(override, Override)
    return canary_name(spec.workload.deployment_ref.name), canary_deployment(target(spec), stable, override, 2)


def the_subsets(spec: Spec) -> object:
    """Which rule they are in, and how the split rule names them."""
    subsets = spec.traffic.subsets
    assert subsets is not None
    live = {**ROUTE, "spec": {"http": [{"route": [{"destination": {"host": "checkout", "subset": subsets.stable}}]}]}}
    action = SetWeight(Fraction(1, 20), Purpose.STAGE, "v2-1", 1)
    rule = [one.name for one in references_of(spec, "shop") if one.resource == DESTINATION_RULES]
    return rule, desired(live, asked_of(target(spec), "checkout"), action)


def the_route(spec: Spec) -> object:
    """The object that is edited, and how."""
    names = virtual_services(target(spec))
    action = SetWeight(Fraction(1, 20), Purpose.STAGE, "v2-1", 1)
    return names, desired(ROUTE, asked_of(target(spec), names[0]), action)


def the_made_route(spec: Spec) -> object:
    """What is made, if anything is."""
    return delegate(target(spec), "checkout")


def the_http_route(spec: Spec) -> object:
    """The object that is edited, and how."""
    action = SetWeight(Fraction(1, 20), Purpose.STAGE, "v2-1", 1)
    names = kind_for(target(spec)).names(target(spec))
    live = {**HTTP_ROUTE, "metadata": {**HTTP_ROUTE["metadata"], "name": names[0]}}
    return names, kind_for(target(spec)).desired(live, target(spec), action)


def the_inserted(spec: Spec) -> object:
    """The rules before the one that is split."""
    plan = new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON).plan
    action = SetWeight(Fraction(1, 20), Purpose.STAGE, "v2-1", 1, matches=plan.matches, bucket=plan.bucket)
    action = replace(action, match_service=plan.match_service, cookies=cookies_at(plan, "v2-1", action.weight))
    return desired(ROUTE, asked_of(target(spec), virtual_services(target(spec))[0]), action)


def the_mirror(spec: Spec) -> object:
    """What the first stage says of copies, and the rule for them."""
    plan = new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON).plan
    action = SetWeight(Fraction(0), Purpose.STAGE, "v2-1", 1, copies=copies_at(plan, plan.stages[0].mirror))
    after = desired(ROUTE, asked_of(target(spec), virtual_services(target(spec))[0]), action)
    assert not isinstance(after, Problem), after
    return of_what(plan, plan.stages[0]), after


def staged(spec: Spec, minutes: float, **run: Any) -> World:
    """A canary with 50 requests that all went well, so many minutes after its stage began."""
    began = new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON)
    now = NOON + timedelta(minutes=minutes)
    counts = Arms(canary=Counts(requests=50.0))
    known = {
        "weight": Fraction(1, 20),
        "weight_changed_at": NOON,
        "ends_at": NOON + timedelta(minutes=5),
        "looked_at": now,
        "pinned": Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5)),
        "evidence": began.evidence.model_copy(update={"stage": counts, "warm": True}),
    }
    return replace(a_world(State.STAGED, began.model_copy(update=known | run)), spec=spec, now=now)


def the_finding_after(minutes: float) -> Callable[[Spec], object]:
    return lambda spec: (found(staged(spec, minutes)).event, found(staged(spec, minutes)).reason)


def the_finding_without_data(spec: Spec) -> object:
    silent = replace(READING, sample=Sample({}))
    return found(replace(staged(spec, 3, looked_at=NOON), reading=silent)).event


def the_finding_when_nobody_follows(spec: Spec) -> object:
    run = staged(spec, 1).run
    evidence = run.evidence.model_copy(update={"split": Split(elsewhere=1000)})
    return misrouted(a_world(State.STAGED, run.model_copy(update={"evidence": evidence})))


def the_finding_when_somebody_pulls(spec: Spec) -> object:
    run = staged(spec, 1).run.model_copy(update={"hold": Hold(reason=TRAFFIC_PULLED, message="", since=NOON)})
    return drifted(a_world(State.STAGED, run, route=Route(Fraction(1, 1000), None)))


def the_provider(spec: Spec) -> object:
    return new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON).plan.analysis.provider_ref.name


def the_terms(spec: Spec) -> object:
    return terms(staged(spec, 1).run).look


def the_stage_with_its_warmup(spec: Spec) -> object:
    """When the first stage ends, once its weight stands."""
    world = replace(a_world(State.PREPARING, new_run(a_world(State.RESTING).status, spec, "v2", 10, NOON)), spec=spec)
    run = MOVES[found(world).event](world, found(world)).status.run
    assert run is not None
    return run.ends_at


def the_verdict(*, canary: tuple[int, int], baseline: tuple[int, int]) -> Callable[[Spec], object]:
    """What ten minutes of looks make of so many requests and bad ones in each look."""

    def verdict(spec: Spec) -> object:
        run = staged(spec, 1).run
        evidence = begin()
        for look in range(120):
            at = NOON + timedelta(seconds=5 * look)
            counters = (Counter(*(look * count for count in counts)) for counts in (canary, baseline))
            evidence = fold(evidence, Sample({"g": SourceSample(at, *counters)}), terms(run), clean_from=NOON)
        judgement = judge(evidence, terms(run))
        return judgement.harm, judgement.burning

    return verdict


def the_metrics(spec: Spec) -> object:
    return [one.name for one in terms(staged(spec, 1).run).metrics]


def the_evidence_needed(spec: Spec) -> object:
    """Of the first metric, beside a second one of weight 1."""
    second = Metric(preset="istio-latency-p99", max_increase=Fraction(1, 2))
    analysis = spec.analysis.model_copy(update={"metrics": (*spec.analysis.metrics, second)})
    seen = together(begin(), terms(staged(spec.model_copy(update={"analysis": analysis}), 1).run))
    return seen.needed(seen.metrics[0])


def the_queries(spec: Spec) -> object:
    return own_queries(target(spec), spec.analysis.metrics, exchanged=False)


def the_bounds(spec: Spec) -> object:
    return [track.bounds for one in terms(staged(spec, 1).run).metrics for track in one.tracks]


def the_numbers(spec: Spec) -> object:
    """What three looks at 0.7 make of a range."""
    judged, evidence = terms(staged(spec, 1).run), begin().model_copy(update={"warm": True})
    for look in range(3):
        at = NOON + timedelta(seconds=10 * look)
        sample = Sample({}, numbers={"conversion": Numbers(at, 0.7, 0.9)})
        evidence = fold(evidence, sample, judged, clean_from=NOON)
    return judge(evidence, judged).harm


COUNTER = {
    "name": "conversion",
    "promQL": "paid{s='$service'}",
    "outOf": "visits{s='$service'}",
    "kind": "Counter",
    "maxDecrease": "10%",
}
SCALAR = {"name": "conversion", "promQL": "ratio{s='$service'}", "kind": "Scalar", "min": "0.8"}


def the_counters(spec: Spec) -> object:
    """What is asked of pods that count their requests by themselves."""
    counter = spec.analysis.metrics[0].counter
    assert counter is not None
    return application_queries([Application(counter, ((Service("shop", "checkout"), "checkout-.*"),))], {})


METRIC = "analysis.metrics.0."
BY_PODS = {"preset": "requests", "max": "1%"}
COUNTER_FIELDS = ("metric", "statusLabel", "failed", "podLabel", "namespaceLabel")
OWN_METRICS = {
    **dict.fromkeys((METRIC + name for name in ("name", "promQL", "outOf", "maxDecrease")), COUNTER),
    **dict.fromkeys((METRIC + name for name in ("min", "failureLimit")), SCALAR),
    **dict.fromkeys((METRIC + f"requests.{name}" for name in COUNTER_FIELDS), BY_PODS),
}
MADE = [f"traffic.istio.virtualServices.0.{field}" for field in ("managedRoute", "port")]
LOWER_ROUTES = {"tcpRoutes": {"port": 9000}, "tlsRoutes": {"port": 443, "sniHost": "a.example.com"}}
MATCHES, BUCKET, COOKIE = "traffic.canaryMatches", "traffic.canaryBucket", "traffic.stickiness.cookie"
HTTP_ROUTES = "traffic.gatewayAPI.httpRoutes.0."
SUBSETS, NAMED = "traffic.istio.subsets.", {"destinationRule": "checkout"}


def of_a_match() -> Iterator[tuple[str, object, object]]:
    """For each kind of test two whole items that differ in it."""
    for kind in ("exact", "prefix", "regex"):
        for field in ("headers", "queryParams"):
            yield f"{field}.0.{kind}", {field: [{"name": "x", kind: "1"}]}, {field: [{"name": "x", kind: "2"}]}
        yield f"cookie.{kind}", {"cookie": {"name": "x", kind: "1"}}, {"cookie": {"name": "x", kind: "2"}}
        yield f"path.{kind}", {"path": {kind: "1"}}, {"path": {kind: "2"}}
    for field in ("headers", "queryParams"):
        yield f"{field}.0.name", {field: [{"name": "x", "present": True}]}, {field: [{"name": "y", "present": True}]}
    yield "cookie.name", {"cookie": {"name": "x", "exact": "1"}}, {"cookie": {"name": "y", "exact": "1"}}
    yield "method", {"method": "GET"}, {"method": "PUT"}
    yield "sourceLabels", {"sourceLabels": {"app": "x"}}, {"sourceLabels": {"app": "y"}}


ONE_VALUE = {f"{MATCHES}.0.{test}present" for test in ("headers.0.", "queryParams.0.", "cookie.")}
"""`present: false` is refused."""
CASES: dict[str, tuple[object, object, Callable[[Spec], object]]] = {
    "workload.deploymentRef.name": ("checkout", "basket", the_canary),
    "workload.adoption": ("Policy", "Pause", the_finding_at_rest),
    "workload.canaryLabel": ("app", "tier", the_canary),
    "workload.progressDeadline": ("1m", "2m", the_start),
    "workload.drain": ("1s", "2s", the_start),
    "traffic.istio.virtualServices.0.name": ("checkout", "other", the_route),
    MADE[0]: (False, True, the_made_route),
    MADE[1]: (80, 8080, the_made_route),
    "traffic.istio.virtualServices.0.routes": (["a"], ["b"], the_route),
    "traffic.istio.virtualServices.0.tcpRoutes.0.port": (9000, 9001, the_route),
    "traffic.istio.virtualServices.0.tlsRoutes.0.port": (443, 8443, the_route),
    "traffic.istio.virtualServices.0.tlsRoutes.0.sniHost": ("a.example.com", "b.example.com", the_route),
    SUBSETS + "destinationRule": (NAMED, {**NAMED, "destinationRule": "other"}, the_subsets),
    SUBSETS + "stable": ({**NAMED, "stable": "v1"}, {**NAMED, "stable": "v2"}, the_subsets),
    SUBSETS + "canary": ({**NAMED, "canary": "v1"}, {**NAMED, "canary": "v2"}, the_subsets),
    HTTP_ROUTES + "name": ("checkout", "other", the_http_route),
    HTTP_ROUTES + "rules": (["a"], ["b"], the_http_route),
    "traffic.stableService": ("checkout", "basket", the_route),
    "traffic.onDrift": ("Hold", "Reapply", the_finding_when_somebody_pulls),
    "traffic.canaryService": ("checkout-new", "checkout-next", the_route),
    **{f"{MATCHES}.0.{path}": ([one], [other], the_inserted) for path, one, other in of_a_match()},
    f"{BUCKET}.header": ({"header": "x"}, {"header": "y"}, the_inserted),
    f"{BUCKET}.cookie": ({"cookie": "x"}, {"cookie": "y"}, the_inserted),
    f"{BUCKET}.ids": ({"header": "x", "ids": "Decimal"}, {"header": "x", "ids": "Hexadecimal"}, the_inserted),
    f"{COOKIE}.name": ("a", "b", the_inserted),
    f"{COOKIE}.ttl": ("24h", "48h", the_inserted),
    f"{COOKIE}.secure": (True, False, the_inserted),
    "traffic.mirror.allowUnsafe": (False, True, the_mirror),
    "traffic.matchService": ("checkout-testers", "checkout-testing", the_inserted),
    "stages.0.weight": ("5%", "6%", the_plan),
    "stages.0.mirror": ("20%", "30%", the_mirror),
    "stages.0.duration": ("5m", "6m", the_plan),
    "analysis.providerRef.name": ("default", "other", the_provider),
    "analysis.scrapesPerLook": (1, 2, the_terms),
    "analysis.warmup": ("0s", "1m", the_stage_with_its_warmup),
    "analysis.minCanaryRequests": (50, 51, the_finding_after(5.1)),
    "analysis.maxExtension": ("1s", "1m", the_finding_after(5.1)),
    "analysis.onInsufficientData": ("Hold", "Rollback", the_finding_after(11)),
    "analysis.noData": ("Hold", "Fail", the_finding_without_data),
    "analysis.onShareMismatch": ("Hold", "Ignore", the_finding_when_nobody_follows),
    METRIC + "preset": ("istio-error-rate", "istio-latency-p99", the_metrics),
    METRIC + "critical": (True, False, the_verdict(canary=(50, 20), baseline=(950, 9))),
    METRIC + "weight": (1, 2, the_evidence_needed),
    **{
        METRIC + f"requests.{field}": (one, other, the_counters)
        for field, one, other in (
            ("metric", "http_requests_total", "hits_total"),
            ("statusLabel", "code", "status"),
            ("failed", "5..", "error"),
            ("podLabel", "pod", "pod_name"),
            ("namespaceLabel", "namespace", "kubernetes_namespace"),
        )
    },
    METRIC + "name": ("conversion", "orders", the_metrics),
    METRIC + "promQL": ("paid{s='$service'}", "orders{s='$service'}", the_queries),
    METRIC + "outOf": ("visits{s='$service'}", "users{s='$service'}", the_queries),
    METRIC + "min": ("0.5", "0.9", the_numbers),
    METRIC + "maxDecrease": ("10%", "20%", the_bounds),
    METRIC + "failureLimit": (1, 5, the_numbers),
    METRIC + "max": ("1%", "50%", the_verdict(canary=(50, 5), baseline=(950, 95))),
    METRIC + "maxIncrease": ("50%", "900%", the_verdict(canary=(50, 5), baseline=(950, 19))),
    METRIC + "ignoreBelow": ("0.1%", "50%", the_verdict(canary=(50, 5), baseline=(950, 0))),
    METRIC + "baselineLimit": ("20%", "50%", the_verdict(canary=(50, 15), baseline=(950, 285))),
    "revision": ("v1", "v2", the_finding_without_a_workload),
    "maxDuration": ("1h", "2h", the_finding_after(90)),
}


@pytest.mark.parametrize("path", CASES)
def test_two_values_of_a_field_make_a_difference(path: str) -> None:
    """A field that does nothing is a lie."""
    one, other, outcome = CASES[path]
    base = TRAFFIC_ONLY if path == "revision" else BASE
    if path in OWN_METRICS:
        base = changed(base, "analysis.metrics.0", OWN_METRICS[path]).model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
    if kind := next((kind for kind in LOWER_ROUTES if kind in path), None):
        base = changed(base, "analysis.metrics.0", COUNTER).model_dump(mode="json", by_alias=True, exclude_none=True)
        base["traffic"]["istio"]["virtualServices"][0][kind] = [LOWER_ROUTES[kind]]
    elif path.startswith(HTTP_ROUTES):
        routes = {"httpRoutes": [{"name": "checkout"}]}
        base = base | {"traffic": {"gatewayAPI": routes, "stableService": "checkout"}}
    elif path in MADE:
        base = changed(base, MADE[0], True).model_dump(mode="json", by_alias=True, exclude_none=True)
    elif path.startswith("traffic.") and not path.startswith(SUBSETS):
        base = changed(base, "traffic.istio.virtualServices.0.routes", ["a"]).model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
    if "mirror" in path:
        base = changed(base, "traffic.istio.virtualServices.0.routes", ["a"]).model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
        base = base | {"stages": [{"mirror": "10%", "duration": "5m"}, *base["stages"]]}
    if path == "traffic.matchService":
        base = base | {"traffic": base["traffic"] | {"canaryMatches": [{"method": "PUT"}]}}
    place = next((whole for whole in (MATCHES, BUCKET, SUBSETS[:-1]) if path.startswith(whole)), path)
    assert outcome(changed(base, place, one)) != outcome(changed(base, place, other))


def test_no_field_is_left_out() -> None:
    """A new field needs its case here."""
    assert set(leaves(Spec)) == CASES.keys() | {METRIC + "kind"} | ONE_VALUE, (
        "a Counter without a whole is no Scalar: wrong by itself"
    )


def leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every field that holds a value, as a path with 0 for any index."""
    for field in model.model_fields.values():
        name = f"{path}{field.alias}"
        inner = next(models(field.annotation), None)
        if inner is None:
            yield name
        else:
            yield from leaves(inner, f"{name}.0." if "tuple" in repr(field.annotation) else f"{name}.")


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models(argument)
