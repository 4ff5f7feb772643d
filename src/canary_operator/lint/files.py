"""The manifests of one check, by kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pitfall:
    """One line of the answer."""

    severity: Literal["error", "warning"]
    """error: the operator would refuse it, or traffic goes wrong; warning: it hurts sooner or later."""
    rule: str
    subject: str
    """Kind and name of the manifest."""
    sentence: str
    """What stands there, why it hurts, and the cure."""


@dataclass(frozen=True, slots=True)
class Files:
    """All of them; whoever looks for one that is not there can say nothing."""

    manifests: tuple[Manifest, ...]
    namespace: str
    """Of manifests that name none."""

    def of(self, kind: str) -> Iterator[Manifest]:
        return (each for each in self.manifests if each["kind"] == kind)

    def named(self, kind: str, namespace: str, name: str) -> Manifest | None:
        wanted = (namespace, name)
        return next(
            (each for each in self.of(kind) if (self.namespace_of(each), each["metadata"]["name"]) == wanted), None
        )

    def in_namespace(self, namespace: str) -> Callable[[str, str], Manifest | None]:
        """Looks one up by kind and name."""
        return lambda kind, name: self.named(kind, namespace, name)

    def namespace_of(self, manifest: Manifest) -> str:
        return str(manifest["metadata"].get("namespace", self.namespace))


def subject(manifest: Manifest, namespace: str) -> str:
    """`VirtualService shop/checkout`."""
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', namespace)}/{metadata['name']}"


def part(manifest: object, *steps: str) -> Any:
    """What stands at this place; None where anything on the way is not there or of another shape."""
    for step in steps:
        manifest = manifest.get(step) if isinstance(manifest, Mapping) else None
    return manifest


def items(manifest: object, *steps: str) -> Iterable[Manifest]:
    """The mappings of a list at this place."""
    found = part(manifest, *steps)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def texts(manifest: object, *steps: str) -> list[str]:
    """The texts of a list at this place."""
    found = part(manifest, *steps)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
