from urllib.parse import quote

from canary_operator.providers.resources import Resource


def group_path(resource: Resource) -> str:
    """`/apis/apps/v1`, or `/api/v1` for the core group."""
    return f"/{'apis' if resource.group else 'api'}/{resource.api_version}"


def object_path(
    resource: Resource, namespace: str | None = None, name: str | None = None, subresource: str | None = None
) -> str:
    """Path of one object, or of the collection where there is no name."""
    place = ("namespaces", namespace, resource.plural) if namespace else (resource.plural,)
    parts = (*place, name, subresource)
    return "/".join((group_path(resource), *(quote(part, safe="") for part in parts if part)))
