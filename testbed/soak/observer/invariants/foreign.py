import json

from testbed.soak.observer.scene import Scene

_PARTS = ("spec", "labels", "annotations", "finalizers")


class ForeignFieldsStay:
    """A write of the operator leaves everything alone that is not its own."""

    name = "foreign-fields-stay"

    def look(self, scene: Scene) -> str | None:
        if not scene.by_operator or scene.route is None or scene.before is None:
            return None
        if scene.route.foreign == scene.before.foreign:
            return None
        was, now = json.loads(scene.before.foreign), json.loads(scene.route.foreign)
        changed = [f"{part}: {old} became {new}" for part, old, new in zip(_PARTS, was, now, strict=True) if old != new]
        return f"a write of the operator changed {'; '.join(changed)}"
