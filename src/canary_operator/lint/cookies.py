"""Pitfalls of stickiness: cookies that nobody keeps, or that more than one user gets."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from canary_operator.api.stickiness import StickyCookie
from canary_operator.lint.files import Files, Manifest, Pitfall, items, part, subject
from canary_operator.lint.front import gateways, hosts, is_encrypted, is_in_mesh
from canary_operator.lint.releases import routed
from canary_operator.ports import Target

_UNCACHED = ("private", "no-store", "no-cache")
_GIVES = ("set", "add")


def cookie_in_mesh(files: Files) -> Iterator[Pitfall]:
    """Services that call each other keep no cookies."""
    for rollout, _, route, _ in _sticky(files):
        if is_in_mesh(route):
            sentence = (
                "traffic.stickiness keeps users by a cookie, and callers in the mesh keep none: each of their requests "
                "is drawn anew; bind the route to gateways only, or don't expect it of those callers"
            )
            yield Pitfall("warning", "cookie-in-mesh", subject(rollout, files.namespace), sentence)


def cookie_never_returned(files: Files) -> Iterator[Pitfall]:
    """Where the files have every gateway of the route."""
    for rollout, _, route, cookie in _sticky(files):
        found = gateways(files, route)
        if not cookie.secure or not found or not all(found) or any(is_encrypted(one) for one in found):
            continue
        sentence = (
            "the cookie of traffic.stickiness is Secure, and no server of the route's gateways has TLS: browsers don't "
            "return it, and each request is drawn anew; give stickiness.cookie secure: false, unless TLS ends before"
        )
        yield Pitfall("warning", "cookie-never-returned", subject(rollout, files.namespace), sentence)


def cookie_cached(files: Files) -> Iterator[Pitfall]:
    """As far as the route itself says so."""
    for rollout, _, route, _ in _sticky(files):
        shared = next((said for said in _cache_controls(route) if not any(word in said for word in _UNCACHED)), None)
        if shared is not None:
            sentence = (
                f'the route lets caches keep responses ("cache-control: {shared}"), and with one of them the cookie of '
                "traffic.stickiness: everybody behind that cache would get one version; keep responses that set a "
                "cookie out of it"
            )
            yield Pitfall("warning", "cookie-cached", subject(rollout, files.namespace), sentence)


def cookie_shared(files: Files) -> Iterator[Pitfall]:
    """A browser has one cookie of a name for a host."""
    for (rollout, one, route, cookie), (_, other, beside, second) in combinations(_sticky(files), 2):
        pair = hosts(route), hosts(beside)
        if one.key == other.key or cookie.name is None or cookie.name != second.name:
            continue
        if pair[0] & pair[1] or not all(pair):
            sentence = (
                f'the cookie "{cookie.name}" of traffic.stickiness is that of {other.key} too, and each takes the '
                f"other's users away from it: give {one.key} and {other.key} different names, or leave them out"
            )
            yield Pitfall("error", "cookie-shared", subject(rollout, files.namespace), sentence)


def _sticky(files: Files) -> Iterator[tuple[Manifest, Target, Manifest, StickyCookie]]:
    for rollout, target, route in routed(files):
        if target.spec.traffic.stickiness is not None:
            yield rollout, target, route, target.spec.traffic.stickiness.cookie


def _cache_controls(route: Manifest) -> Iterator[str]:
    for name, value in (*_of_virtual_service(route), *_of_http_route(route)):
        if str(name).lower() == "cache-control":
            yield str(value).lower()


def _of_virtual_service(route: Manifest) -> Iterator[tuple[Any, Any]]:
    """Headers that it gives to responses."""
    for rule in items(route, "spec", "http"):
        for place in (rule, *items(rule, "route")):
            for kind in _GIVES:
                headers = part(place, "headers", "response", kind)
                yield from headers.items() if isinstance(headers, Mapping) else ()


def _of_http_route(route: Manifest) -> Iterator[tuple[Any, Any]]:
    for rule in items(route, "spec", "rules"):
        for place in (rule, *items(rule, "backendRefs")):
            for one in items(place, "filters"):
                for kind in _GIVES:
                    headers = items(one, "responseHeaderModifier", kind)
                    yield from ((part(header, "name"), part(header, "value")) for header in headers)


RULES = (cookie_in_mesh, cookie_never_returned, cookie_cached, cookie_shared)
