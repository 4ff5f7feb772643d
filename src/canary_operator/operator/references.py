"""Which Deployments and routes belong to which rollouts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from canary_operator.api.rollout import Spec
from canary_operator.core.world import Problem
from canary_operator.providers.resources import DEPLOYMENTS, DESTINATION_RULES, HTTP_ROUTES, VIRTUAL_SERVICES, Resource
from canary_operator.providers.workloads.marks import canary_name


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that a rollout speaks of."""

    resource: Resource
    namespace: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name


def references_of(spec: Spec | Problem, namespace: str) -> frozenset[Reference]:
    """The routes and the rule of their subsets, the Deployment, and the canary beside it."""
    if isinstance(spec, Problem):
        return frozenset()
    routes = [Reference(VIRTUAL_SERVICES, namespace, one.name) for one in spec.traffic.virtual_services]
    routes += [Reference(HTTP_ROUTES, namespace, one.name) for one in spec.traffic.http_routes]
    if (subsets := spec.traffic.subsets) is not None:
        routes.append(Reference(DESTINATION_RULES, namespace, subsets.destination_rule))
    if spec.workload is None:
        return frozenset(routes)
    name = spec.workload.deployment_ref.name
    pods = [Reference(DEPLOYMENTS, namespace, each) for each in (name, canary_name(name))]
    return frozenset(routes + pods)


class References:
    """Both ways: from a rollout to its objects, and from an object to the rollouts that an event of it concerns."""

    def __init__(self) -> None:
        self._of: dict[str, frozenset[Reference]] = {}
        self._users: defaultdict[Reference, set[str]] = defaultdict(set)

    def of(self, uid: str) -> frozenset[Reference]:
        return self._of.get(uid, frozenset())

    def users(self, reference: Reference) -> tuple[str, ...]:
        return tuple(self._users.get(reference, ()))

    def all_of(self, resource: Resource) -> Iterator[Reference]:
        return (reference for reference in tuple(self._users) if reference.resource == resource)

    def set(self, uid: str, wanted: frozenset[Reference]) -> frozenset[Reference]:
        """Returns the references that nobody has any more."""
        before = self.of(uid)
        for reference in wanted - before:
            self._users[reference].add(uid)
        for reference in before - wanted:
            self._users[reference].discard(uid)
        self._of[uid] = wanted
        if not wanted:
            del self._of[uid]
        return frozenset(self._unused(before - wanted))

    def _unused(self, dropped: frozenset[Reference]) -> Iterator[Reference]:
        for reference in dropped:
            if not self._users[reference]:
                del self._users[reference]
                yield reference
