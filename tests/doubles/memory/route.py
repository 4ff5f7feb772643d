from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.world import Missing, Route, RouteRecord


@dataclass(slots=True)
class MemoryRoute:
    """A VirtualService beside the first."""

    name: str
    share: Fraction = Fraction(0)
    record: RouteRecord | None = None
    exists: bool = True

    def seen(self) -> Route | Missing:
        return Route(self.share, self.record, name=self.name) if self.exists else Missing(self.name)
