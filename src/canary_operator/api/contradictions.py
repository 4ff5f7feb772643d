"""What no CanaryRollout may ask for, as our own reader checks it: the twin of `rules.py`.

The API server checks the same, but only what changes: an object that was stored before a rule existed keeps its values.
Rules about changes have no twin, since a reader sees one object at a time.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_operator.api.http_route_contradictions import of_http_routes
from canary_operator.api.match_contradictions import of_matches
from canary_operator.api.metric_contradictions import of_metrics
from canary_operator.api.mirror_contradictions import of_mirror
from canary_operator.api.quantities import format_duration, format_percentage

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.rollout import Spec

_WHOLE = Fraction(1)
_NO_TIME = timedelta(0)
_LONGEST_STABLE_SERVICE = 63 - len("-canary")


def of(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    for check in _CHECKS:
        yield from check(spec)
    yield from of_matches(spec)
    yield from of_http_routes(spec)
    yield from of_metrics(spec)
    yield from of_mirror(spec)


def _two_subjects_or_none(spec: "Spec") -> Iterator[str]:
    if (spec.workload is None) == (spec.revision is None):
        found = "neither workload nor revision is given" if spec.workload is None else "workload and revision are given"
        yield f"{found}: give workload to release a Deployment, or revision to move traffic only"


def _canary_is_stable(spec: "Spec") -> Iterator[str]:
    if spec.traffic.canary_service == spec.traffic.stable_service:
        yield f'traffic.canaryService is stableService "{spec.traffic.stable_service}": name another, or leave it out'


def _canary_service_without_a_name(spec: "Spec") -> Iterator[str]:
    stable = spec.traffic.stable_service
    made = spec.traffic.canary_service is None and spec.traffic.subsets is None
    if made and len(stable) > _LONGEST_STABLE_SERVICE:
        yield f'traffic.stableService "{stable}" with "-canary" is longer than 63 characters: give canaryService'


def _two_routers_or_none(spec: "Spec") -> Iterator[str]:
    if (spec.traffic.istio is None) == (spec.traffic.gateway_api is None):
        given = "istio and gatewayAPI are both" if spec.traffic.istio is not None else "neither istio nor gatewayAPI is"
        yield f"traffic: {given} given: give istio to split a VirtualService, or gatewayAPI to split an HTTPRoute"


def _routes_of_several_kinds(spec: "Spec") -> Iterator[str]:
    for one in spec.traffic.virtual_services:
        if sum(each is not None for each in (one.routes, one.tcp_routes, one.tls_routes)) > 1:
            yield f'routes of several kinds are asked for in "{one.name}": give one of routes, tcpRoutes and tlsRoutes'


def _managed_in_part(spec: "Spec") -> Iterator[str]:
    for one in spec.traffic.virtual_services:
        if one.managed_route and any(each is not None for each in (one.routes, one.tcp_routes, one.tls_routes)):
            yield (
                f'"{one.name}" has managedRoute, so the operator makes it, with one http route: leave out routes, '
                "tcpRoutes and tlsRoutes"
            )
        if one.port is not None and not one.managed_route:
            yield (
                f'port is given for "{one.name}", which you write yourself, with its ports: leave it out, or give '
                "managedRoute: true"
            )


def _named_twice(spec: "Spec") -> Iterator[str]:
    found = spec.traffic.virtual_services
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        yield f'virtualServices: "{twice}" is named twice: give each VirtualService once, with all of its routes'
    for one in found:
        if any(len(set(each)) < len(each) for each in (one.routes, one.tcp_routes, one.tls_routes) if each is not None):
            yield f'a route is asked for twice in "{one.name}": give each once'


def _subsets_beside_services(spec: "Spec") -> Iterator[str]:
    if (subsets := spec.traffic.subsets) is None:
        return
    if subsets.stable == subsets.canary:
        yield f'subsets: stable and canary are both "{subsets.stable}": name two subsets of the DestinationRule'
    for field, service in (
        ("canaryService", spec.traffic.canary_service),
        ("matchService", spec.traffic.match_service),
    ):
        if service is not None:
            yield f'traffic.{field} "{service}" is given beside subsets of the stable Service: leave it out'
    if spec.workload is None:
        yield "subsets need a workload: give workload, or split between two Services and leave subsets out"


def _preset_for_connections(spec: "Spec") -> Iterator[str]:
    if spec.traffic.carries_connections:
        for metric in (one for one in spec.analysis.metrics if one.is_counted_by_istio):
            yield (
                f'metric "{metric.preset}" judges HTTP requests that Istio counts, and of a tcp or tls route it counts '
                "connections only: give preset requests, or a metric of your own, for example on "
                "istio_tcp_connections_closed_total"
            )


def _stage_not_above_the_one_before(spec: "Spec") -> Iterator[str]:
    for at, (before, stage) in enumerate(itertools.pairwise(spec.stages), start=1):
        if stage.weight <= before.weight and not (stage.mirror is not None and stage.weight == before.weight):
            yield (
                f'stages[{at}].weight "{format_percentage(stage.weight)}" is not above '
                f'"{format_percentage(before.weight)}" of the stage before; to stay longer at a weight give that stage '
                "a longer duration"
            )


def _stage_without_time(spec: "Spec") -> Iterator[str]:
    for at, stage in enumerate(spec.stages):
        if stage.duration == _NO_TIME and stage.weight < _WHOLE:
            yield f'stages[{at}].duration "0s" leaves no time to judge; write for example "10m"'


def _first_stage_without_baseline(spec: "Spec") -> Iterator[str]:
    """A dark launch is held against limits only: its requests are no random sample."""
    compared = any(0 < stage.weight < _WHOLE for stage in spec.stages)
    if not compared and all(metric.only_compares for metric in spec.analysis.metrics):
        yield (
            f'stages[0].weight "{format_percentage(spec.stages[0].weight)}" leaves no baseline to compare with before '
            "100%, and every metric only compares; put a stage below 100% first, or give a metric max"
        )


def _no_time_to_get_ready(spec: "Spec") -> Iterator[str]:
    if spec.workload is not None and spec.workload.progress_deadline == _NO_TIME:
        yield 'workload.progressDeadline "0s" must be above zero; write for example "10m"'


def _run_too_long(spec: "Spec") -> Iterator[str]:
    takes = sum((stage.duration for stage in spec.stages), spec.analysis.warmup)
    if takes > spec.max_duration or spec.max_duration == _NO_TIME:
        yield (
            f"the stages and the warmup take {format_duration(takes)}, and maxDuration is "
            f'"{format_duration(spec.max_duration)}"; raise maxDuration or shorten the stages'
        )


_CHECKS: tuple[Callable[["Spec"], Iterator[str]], ...] = (
    _two_subjects_or_none,
    _canary_is_stable,
    _canary_service_without_a_name,
    _two_routers_or_none,
    _routes_of_several_kinds,
    _managed_in_part,
    _named_twice,
    _subsets_beside_services,
    _preset_for_connections,
    _stage_not_above_the_one_before,
    _stage_without_time,
    _first_stage_without_baseline,
    _no_time_to_get_ready,
    _run_too_long,
)
