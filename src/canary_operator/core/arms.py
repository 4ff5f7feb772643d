"""Arms are roles, not places: the canary is the new revision, wherever it runs.

In most runs its pods are those behind the canary Service. When a commit came in mid-promotion, the canary Deployment
stands in for stable, and the newer revision is in the user's own Deployment, behind the stable Service. The run that
follows is reversed: every check and move reads it in terms of roles (`by_role`), and what they order is put back in
terms of places (`by_place`), because a route knows Services only.
"""

from dataclasses import replace
from fractions import Fraction

from canary_operator.api.status import Outcome, State, Status
from canary_operator.core.actions import Action, MakeRoutes, SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import (
    CanaryFacts,
    DeploymentFacts,
    Endpoints,
    Look,
    Missing,
    Problem,
    Route,
    Unknown,
    World,
)

WHOLE = Fraction(1)
_IN_ROLES = frozenset({State.PREPARING, State.STAGED, State.CLEANING})


def is_past(status: Status) -> bool:
    """The run is history already; it is kept for what only it remembers while the canary stands in for stable."""
    return status.run is not None and any(past.id == status.run.id for past in status.history[:1])


def is_reversed(status: Status) -> bool:
    """Whether a reversed run goes on. Once promoted, what is left to do is the same as after any other run."""
    run = status.run
    if run is None or not run.reversed or is_past(status):
        return False
    return status.state in _IN_ROLES and run.outcome is not Outcome.PROMOTED


def due_share(status: Status) -> Fraction:
    """What the run's canary has by our last word; one that stands in for stable has everything."""
    if status.run is None:
        return Fraction(0)
    return WHOLE if status.state is State.STANDING_IN else status.run.weight


def by_role(world: World) -> World:
    """The world with the new revision as its canary."""
    if not is_reversed(world.status):
        return world
    return replace(
        world,
        route=_reversed(world.route),
        canary=as_canary(world.deployment),
        baseline=world.canary,
        endpoints=_exchanged(world.endpoints),
    )


def by_place(status: Status, actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """The orders with the canary Service's share in them; `status` is the one that was decided on."""
    if not is_reversed(status):
        return actions
    return tuple(_by_place(action) for action in actions)


def _by_place(action: Action) -> Action:
    match action:
        case SetWeight():
            return _put_back(action)
        case MakeRoutes(order=order) if order is not None:
            return MakeRoutes(_put_back(order))
    return action


def as_canary(
    deployment: DeploymentFacts | Problem | Missing | Unknown | None,
) -> CanaryFacts | Missing | Unknown | None:
    """The user's Deployment where it holds the new revision."""
    match deployment:
        case DeploymentFacts(revision=revision, replicas=replicas, available=available):
            return CanaryFacts(revision, replicas, available)
        case Problem(reason=reason, message=message):
            return Unknown(message, reason)
        case _:
            return deployment


def _reversed(route: Look) -> Look:
    if not isinstance(route, Route):
        return route
    return together([*(_reversed_part(one) for one in route.each), *route.faults])


def _reversed_part(route: Route) -> Route:
    record = route.record
    told = None if record is None else replace(record, weight=WHOLE - record.weight)
    return replace(route, share=WHOLE - route.share, record=told)


def _exchanged(endpoints: Endpoints | Problem | Unknown) -> Endpoints | Problem | Unknown:
    match endpoints:
        case Endpoints(stable=stable, canary=canary):
            return Endpoints(stable=canary, canary=stable)
        case _:
            return endpoints


def _put_back(order: SetWeight) -> SetWeight:
    seen = None if order.decided_on is None else WHOLE - order.decided_on
    apart = tuple((name, WHOLE - share) for name, share in order.apart)
    return replace(order, weight=WHOLE - order.weight, decided_on=seen, apart=apart, reversed=True, match_service=None)
