"""What people call a revision: its images, and the beginning of its hash, because a restart changes no image."""

from canary_operator.api.quantities import format_percentage
from canary_operator.core.world import Route, World

_HASH = 10


def called(revision: str | None, images: str | None) -> str:
    """Such as `checkout:v2 (0ffc804682)`; where the user names revisions, the user's own word."""
    return f"{images} ({(revision or '')[:_HASH]})" if images else str(revision)


def the_newest(world: World) -> str:
    """What the Deployment's template, or the spec, says now."""
    return called(world.revision, world.images)


def the_shipped(world: World) -> str:
    """What the run ships."""
    return called(world.run.revision, world.run.images)


def the_stable(world: World) -> str:
    return called(world.status.stable_revision, world.status.stable_images)


def the_weight(part: Route, of: Route) -> str:
    """The canary's share, and where, if there are several routes."""
    share = format_percentage(part.share)
    return f"{share} in {part.name}" if of.parts else share


def everywhere(route: Route) -> str:
    """In how many routes, if there are several."""
    return f" in each of {len(route.each)} routes" if route.parts else ""
