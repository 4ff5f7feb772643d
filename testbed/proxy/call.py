"""What one request to the API server is about. Pure."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_BESIDE = frozenset({"leases", "events"})
"""Written in every run, at no fixed place of it: to keep the right to write, and to tell people."""


@dataclass(frozen=True, slots=True)
class Call:
    """Each part as RBAC knows it; empty where the request has none."""

    verb: str
    resource: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def writes(self) -> bool:
        return self.verb in _WRITES.values()

    @property
    def is_step(self) -> bool:
        """Whether it is one of the writes that a run is made of."""
        return self.writes and self.resource not in _BESIDE


def read(method: str, target: str) -> Call:
    """`target` is the path with its query, as it stands in the request line."""
    path, _, query = target.partition("?")
    namespace, resource, name, subresource = _place(path)
    return Call(_verb(method, name, parse_qs(query)), resource, namespace, name, subresource)


def _place(path: str) -> tuple[str, str, str, str]:
    """`/apis/apps/v1/namespaces/shop/deployments/web/status` → `("shop", "deployments", "web", "status")`."""
    root, *parts = [unquote(part) for part in path.split("/") if part] or [""]
    parts = parts[2:] if root == "apis" else parts[1:]
    namespace = ""
    if parts[:1] == ["namespaces"] and len(parts) > 2:  # noqa: PLR2004 -- else it is about the namespace itself
        namespace, parts = parts[1], parts[2:]
    resource, name, subresource = (*parts, "", "", "")[:3]
    return namespace, resource, name, subresource


def _verb(method: str, name: str, query: dict[str, list[str]]) -> str:
    if method in _WRITES:
        return _WRITES[method]
    if query.get("watch", ["0"])[-1] in {"1", "true"}:
        return "watch"
    return "get" if name else "list"
