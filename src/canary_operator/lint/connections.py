"""Pitfalls of rollouts that split connections: a tcp or a tls route."""

from collections.abc import Iterator
from datetime import timedelta

from canary_operator.api.quantities import format_duration
from canary_operator.api.routes import TlsRoute
from canary_operator.lint.files import Files, Manifest, Pitfall, subject
from canary_operator.lint.releases import routed, targets
from canary_operator.ports import Target
from canary_operator.providers.traffic.istio.rules import Spot, rule_at, spots
from canary_operator.providers.traffic.istio.selectors import (
    HttpRoute,
    Selector,
    blocks,
    label,
    meant,
    port_of,
)
from canary_operator.providers.traffic.istio.shape import misshapen
from canary_operator.providers.traffic.istio.target import asked_of

PROXIES_DRAIN = timedelta(seconds=45)
"""Istio's default: so long do its proxies keep a connection whose listener has changed."""


def route_takes_more(files: Files) -> Iterator[Pitfall]:
    """A rule is split as a whole, whatever else it takes."""
    for rollout, route, spot, wanted in _split_rules(files):
        if more := _more(blocks(route, spot), wanted):
            sentence = (
                f"{label(route, spot)} takes {', '.join(more)} too, whose connections would be split along: "
                "give what the rollout asks for a rule of its own"
            )
            yield Pitfall("warning", "route-takes-more", subject(rollout, files.namespace), sentence)


def route_never_reached(files: Files) -> Iterator[Pitfall]:
    """Istio obeys the first rule that takes a connection, and one without a match takes them all."""
    for rollout, route, spot, _ in _split_rules(files):
        before = spots(route, spot.kind)[: spot.index]
        if greedy := next((one for one in before if not rule_at(route, one).get("match")), None):
            sentence = (
                f"{label(route, spot)} is never reached, because {greedy.kind}[{greedy.index}] before it has no match "
                "and takes every connection, so a weight would change nothing: put it behind"
            )
            yield Pitfall("error", "route-never-reached", subject(rollout, files.namespace), sentence)


def drain_too_short(files: Files) -> Iterator[Pitfall]:
    """Who is connected to a canary that lost its traffic stays connected for a while."""
    for rollout, target in _of_connections(files):
        workload = target.spec.workload
        if workload is not None and workload.drain < PROXIES_DRAIN:
            sentence = (
                f"workload.drain {format_duration(workload.drain)} ends canary pods while proxies still keep their "
                f"open connections, by default for {format_duration(PROXIES_DRAIN)}: write at least that"
            )
            yield Pitfall("warning", "drain-too-short", subject(rollout, files.namespace), sentence)


def _of_connections(files: Files) -> Iterator[tuple[Manifest, Target]]:
    for rollout, target in targets(files):
        if target.spec.traffic.carries_connections:
            yield rollout, target


def _split_rules(files: Files) -> Iterator[tuple[Manifest, Manifest, Spot, Selector]]:
    """Where the files have the VirtualService, and one rule is meant."""
    for rollout, target, route in routed(files):
        if not target.spec.traffic.carries_connections:
            continue
        asked = asked_of(target, str(route["metadata"]["name"]))
        for wanted in (one for one in asked.routes if not isinstance(one, HttpRoute)):
            if misshapen(route) is None and len(found := meant(route, wanted)) == 1:
                yield rollout, route, found[0], wanted


def _more(found: list[Manifest], wanted: Selector) -> list[str]:
    """What a rule's matches take beside what is asked for."""
    if isinstance(wanted, HttpRoute):
        return []
    ports = [port_of(block) for block in found]
    names = [str(name) for block in found for name in block.get("sniHosts") or ()]
    asked = {f"port {wanted.port}", *((wanted.sni_host,) if isinstance(wanted, TlsRoute) else ())}
    return [one for one in dict.fromkeys([*ports, *names]) if one not in asked]


RULES = (route_takes_more, route_never_reached, drain_too_short)
