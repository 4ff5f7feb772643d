import pytest

from canary_operator.providers.paths import group_path, object_path
from canary_operator.providers.resources import DEPLOYMENTS, SERVICES


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ((SERVICES, "shop", "web"), "/api/v1/namespaces/shop/services/web"),
        ((DEPLOYMENTS, "shop", "web", "status"), "/apis/apps/v1/namespaces/shop/deployments/web/status"),
        ((DEPLOYMENTS, "shop"), "/apis/apps/v1/namespaces/shop/deployments"),
        ((DEPLOYMENTS,), "/apis/apps/v1/deployments"),
        ((SERVICES, "shop", "../secrets"), "/api/v1/namespaces/shop/services/..%2Fsecrets"),
    ],
)
def test_objects_have_their_place(place: tuple[object, ...], path: str) -> None:
    """Core and named groups, one object or all, and nothing in a name leaves its place."""
    assert object_path(*place) == path  # type: ignore[arg-type]


def test_groups_have_their_place() -> None:
    """Discovery asks for the group's own page."""
    assert (group_path(SERVICES), group_path(DEPLOYMENTS)) == ("/api/v1", "/apis/apps/v1")
