"""A route beside which another kind of route claims the same host for the mesh."""

from collections.abc import Sequence

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Rival


def contested(route: str, rivals: Sequence[Rival]) -> Problem | None:
    """`route` is what a person calls ours."""
    if not rivals:
        return None
    rival = rivals[0]
    message = (
        f"{rival} claims {rival.host} for the mesh, and so does {route}: a sidecar obeys one of the two, so a weight "
        "in the other would do nothing; delete one of them, or take away its part for the mesh (mesh in the gateways "
        "of a VirtualService, parentRefs of kind Service in an HTTPRoute)"
    )
    return Problem(reasons.HOST_CLAIMED_TWICE, message)
