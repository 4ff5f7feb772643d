"""Any object of a kind, with what a rollout asks of it and the functions of its provider."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Look
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION

Asked = Any
"""What a rollout asks of an object, as its kind says it."""
Edit = Callable[[Any, Asked], None]
"""What somebody does to an object beside us."""


@dataclass(frozen=True, slots=True)
class AnyRoute:
    """Of one kind."""

    cases: st.SearchStrategy[tuple[Any, Asked]]
    orders: st.SearchStrategy[SetWeight]
    at: Callable[[Object, SetWeight, Asked], Object]
    given_back: Callable[[Object, Asked], Object]
    current: Callable[[Object, Asked], Look]
    operations: Callable[[Object, Object], list[Operation]]
    rule: Callable[[Any, Asked], Any]
    """The one that is split;"""
    ends: str
    """in it its destinations;"""
    weights: Callable[[Sequence[Any]], list[int]]
    """and what each of those weighs."""
    is_stable: Callable[[Any, Asked], bool]
    is_canary: Callable[[Any, Asked], bool]
    edits: tuple[Edit, ...]
    stays_known: Callable[[Asked], bool] = lambda _: True
    """Whether the rule is told from others that come in mid-run."""

    @property
    def runs(self) -> st.SearchStrategy[list[SetWeight]]:
        return st.lists(self.orders, min_size=1, max_size=4)

    def after(self, live: Object, asked: Asked, steps: Sequence[SetWeight]) -> Object:
        for order in steps:
            live = self.at(live, order, asked)
        return live

    def shares(self, live: Object, asked: Asked) -> list[Fraction]:
        """Of everything, of each destination that is not ours."""
        ends = self.rule(live, asked)[self.ends]
        weights = self.weights(ends)
        total = sum(weights)
        assert total > 0
        return [
            Fraction(part, total)
            for each, part in zip(ends, weights, strict=True)
            if not self.is_stable(each, asked) and not self.is_canary(each, asked)
        ]

    def never_ours(self, live: Object, asked: Asked) -> Any:
        """All but weights, the canary's destination and our annotation."""
        bare = copy.deepcopy(dict(live))
        rule = self.rule(bare, asked)
        rule[self.ends] = [
            {key: value for key, value in each.items() if key != "weight"}
            for each in rule[self.ends]
            if not self.is_canary(each, asked)
        ]
        notes = bare["metadata"].pop("annotations", {})
        return bare, {key: value for key, value in notes.items() if key != ANNOTATION}


def an_annotation(live: Any, _: Asked) -> None:
    live["metadata"]["annotations"] = (live["metadata"].get("annotations") or {}) | {"theirs": "1"}


def a_label(live: Any, _: Asked) -> None:
    live["metadata"]["labels"] = {"team": "payments"}
