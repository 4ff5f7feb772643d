"""Everything that others do to a rollout, each by its name; none of it is the operator's."""

from collections.abc import Callable

from canary_operator.errors import Conflict, Refused, Unavailable
from tests.doubles.memory import Crash
from tests.stories.model.colleagues import Colleagues
from tests.stories.model.nodes import Nodes
from tests.stories.model.owners import Owners

INTERRUPTIONS = ("crash", "conflict", "unavailable", "refused")
"""Of a single call."""
DEEDS = tuple(sorted(name for kind in (Owners, Nodes, Colleagues) for name in vars(kind) if not name.startswith("_")))
VERBS = ("abort", "promote", "retry", "pause", "resume")
VALUES = ("true", "right", "wrong")


class Outside(Owners, Nodes, Colleagues):
    __slots__ = ()

    def delete(self) -> None:
        """Not among the deeds: it is the end of every world."""
        self.cluster.deleting = True

    def deed(self, name: str) -> Callable[[], None]:
        deed: Callable[[], None] = getattr(self, name)
        return deed

    def order(self, verb: str, value: str) -> None:
        """A person annotates the rollout; `right` stands for the id of the run in progress."""
        run = self.cluster.status.run
        text = {"right": run.id if run else "v1-0", "wrong": "v0-99"}.get(value, value)
        self.cluster.verbs[verb] = text
        self.witness.ordered(verb, text)

    def crash(self) -> None:
        raise Crash

    def conflict(self) -> None:
        raise Conflict("somebody was faster")

    def unavailable(self) -> None:
        raise Unavailable("the API server did not answer")

    def refused(self) -> None:
        raise Refused("a webhook says no")
