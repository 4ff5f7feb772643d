"""What a release is made of: the tag says how its pods behave, so that everybody can tell a good one from a bad one."""

import re
from random import Random

HARMFUL = (3, 10, 25, 50, 100)
"""Percentages of failing requests."""
HOPELESS = 50
"""From so many percent on nobody can take it for a good one."""
_ERRORS = re.compile(r"-e(\d+)")


def draw(chance: Random, number: int) -> str:
    """Half of them are good; some of those take their time to get ready."""
    kind = chance.choices(("good", "slow", "harmful", "neverready"), weights=(40, 15, 35, 10))[0]
    match kind:
        case "slow":
            return f"v{number}-r{chance.randint(1, 4)}"
        case "harmful":
            return f"v{number}-e{chance.choice(HARMFUL)}"
        case "neverready":
            return f"v{number}-neverready"
    return f"v{number}"


def is_good(tag: str) -> bool:
    return "neverready" not in tag and errors(tag) == 0


def is_hopeless(tag: str) -> bool:
    return errors(tag) >= HOPELESS


def errors(tag: str) -> int:
    """Percent of its requests."""
    found = _ERRORS.search(tag)
    return int(found[1]) if found else 0
