"""What happens to one shop in the middle of a run: edits of its route, and things that go away."""

import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from testbed.shop import CANARY
from testbed.soak.chronicle import Chronicle, Phase
from testbed.soak.hands import Hands, Operation

_RULE = 1
"""The place of the rule that is split."""
_THEN = 4.0
"""Seconds after which a person sets right what an edit of a weight did."""


def label(hands: Hands, chance: Random) -> None:
    hands.edit_route({"op": "add", "path": "/metadata/labels/edited", "value": f"no-{chance.randrange(10**6)}"})


def timeout(hands: Hands, chance: Random) -> None:
    value = f"{chance.randint(5, 30)}s"
    hands.edit_route(_test_rule(), {"op": "add", "path": f"/spec/http/{_RULE}/timeout", "value": value})


def header_match(hands: Hands, chance: Random) -> None:
    """Everything still matches: the second block has no header."""
    header = {"headers": {"x-team": {"exact": f"team-{chance.randrange(10**6)}"}}}
    match = [{**header, "uri": {"prefix": "/"}}, {"uri": {"prefix": "/"}}]
    hands.edit_route(_test_rule(), {"op": "add", "path": f"/spec/http/{_RULE}/match", "value": match})


def pull(hands: Hands, chance: Random) -> None:
    """Somebody takes traffic from the canary by hand, and later gives it back, or ends the run."""
    split = weights(hands.route())
    if split is None:
        return
    stable, canary = split
    left = chance.choice((0, canary // 2))
    tests: list[Operation] = [_test_rule(), _weight("test", 1, canary)]
    if hands.edit_route(*tests, _weight("replace", 0, stable + canary - left), _weight("replace", 1, left)):
        time.sleep(chance.uniform(0, _THEN))
        hands.order(chance.choice(("resume", "resume", "abort")))


def canary_pods(hands: Hands, _: Random) -> None:
    hands.delete_canary_pods()


def canary_deployment(hands: Hands, _: Random) -> None:
    hands.delete_canary_deployment()


def canary_service(hands: Hands, _: Random) -> None:
    hands.delete_canary_service()


MISCHIEF: Mapping[str, tuple[int, Callable[[Hands, Random], None]]] = {
    "an edit of a label": (3, label),
    "an edit of the timeout": (3, timeout),
    "an edit of the match": (3, header_match),
    "the canary's weight pulled by hand": (4, pull),
    "the canary's pods deleted": (3, canary_pods),
    "the canary's Deployment deleted": (2, canary_deployment),
    "the canary's Service deleted": (1, canary_service),
}
"""How often each is drawn beside the others, and what it does."""


def cause(chronicle: Chronicle, hands: Hands, namespace: str, chance: Random, *, spare_canary: bool) -> None:
    """One of them, at random. `spare_canary`: its Deployment can't be made anew, as it carries the stable revision."""
    names = [name for name in MISCHIEF if not (spare_canary and MISCHIEF[name][1] is canary_deployment)]
    what = chance.choices(names, weights=[MISCHIEF[name][0] for name in names])[0]
    with chronicle.fault(what, namespace) as fault:
        fault.enters(Phase.STANDS)
        MISCHIEF[what][1](hands, chance)


def weights(route: Mapping[str, Any]) -> tuple[int, int] | None:
    """Stable's and the canary's; None while the canary has none."""
    if not route:
        return None
    split = route["spec"]["http"][_RULE]["route"]
    if [to["destination"]["host"] for to in split][1:] != [CANARY] or not split[1].get("weight"):
        return None
    return split[0]["weight"], split[1]["weight"]


def _test_rule() -> Operation:
    return {"op": "test", "path": f"/spec/http/{_RULE}/name", "value": "primary"}


def _weight(operation: str, place: int, value: int) -> Operation:
    return {"op": operation, "path": f"/spec/http/{_RULE}/route/{place}/weight", "value": value}
