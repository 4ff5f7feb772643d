"""What routes say of each other: who delegates to whom, and who claims a host for the mesh.

All routes are asked, also those that no rollout refers to; of each only that is kept. Every change is answered with
the routes that are concerned by it.
"""

from collections.abc import Collection, Iterator
from itertools import chain

from canary_operator.operator.links import Links
from canary_operator.operator.references import Reference
from canary_operator.operator.shelf import Key, key_of
from canary_operator.providers.objects import Object, Rival
from canary_operator.providers.resources import HTTP_ROUTES, VIRTUAL_SERVICES, Resource
from canary_operator.providers.traffic.gateway_api import claims as http_route_claims
from canary_operator.providers.traffic.istio import claims as virtual_service_claims
from canary_operator.providers.traffic.istio.delegate import delegates_of

_CLAIMED = {VIRTUAL_SERVICES: virtual_service_claims.claimed, HTTP_ROUTES: http_route_claims.claimed}
_OTHER = {VIRTUAL_SERVICES: HTTP_ROUTES, HTTP_ROUTES: VIRTUAL_SERVICES}


class Surroundings:
    def __init__(self) -> None:
        self._roots: Links[Key] = Links()
        self._claims: dict[Resource, Links[str]] = {resource: Links() for resource in _CLAIMED}

    def roots(self, delegate: Key) -> tuple[Key, ...]:
        return self._roots.to(delegate)

    def rivals(self, resource: Resource, key: Key) -> Iterator[Rival]:
        """A delegate claims what its roots do."""
        other = _OTHER[resource]
        sources = (key, *self._roots.to(key)) if resource == VIRTUAL_SERVICES else (key,)
        for host in sorted(frozenset(chain.from_iterable(self._claims[resource].of(each) for each in sources))):
            yield from (Rival(host, other.kind, *rival) for rival in self._claims[other].to(host))

    def learn(self, resource: Resource, body: Object) -> frozenset[Reference]:
        if resource not in _CLAIMED:
            return frozenset()
        delegates = frozenset(delegates_of(body)) if resource == VIRTUAL_SERVICES else frozenset()
        return self._set(resource, key_of(body), delegates, _CLAIMED[resource](body))

    def forget(self, resource: Resource, key: Key) -> frozenset[Reference]:
        return self._set(resource, key, frozenset(), frozenset()) if resource in _CLAIMED else frozenset()

    def keep(self, resource: Resource, listed: Collection[Key]) -> frozenset[Reference]:
        """Those that are not listed are gone, whether we were told of it or not."""
        if resource not in _CLAIMED:
            return frozenset()
        known = self._claims[resource].gone(listed)
        known += self._roots.gone(listed) if resource == VIRTUAL_SERVICES else []
        return frozenset().union(*(self.forget(resource, key) for key in known))

    def _set(
        self, resource: Resource, key: Key, delegates: frozenset[Key], hosts: frozenset[str]
    ) -> frozenset[Reference]:
        """Whoever claims a host that is claimed anew, or no more, and the delegates of those."""
        before = self._roots.of(key)
        told = self._roots.set(key, delegates) if resource == VIRTUAL_SERVICES else frozenset()
        changed = self._claims[resource].set(key, hosts)
        concerned = {Reference(VIRTUAL_SERVICES, *each) for each in told}
        if changed:
            concerned |= {Reference(VIRTUAL_SERVICES, *each) for each in before | delegates}
        for host in changed:
            for kind, links in self._claims.items():
                concerned |= {Reference(kind, *each) for each in links.to(host)}
            for root in self._claims[VIRTUAL_SERVICES].to(host):
                concerned |= {Reference(VIRTUAL_SERVICES, *each) for each in self._roots.of(root)}
        return frozenset(concerned)
