"""All rules over the same manifests."""

import re
from collections.abc import Collection

from canary_operator.lint import choosing, connections, cookies, mirrors, queries, releases, routes, subsets
from canary_operator.lint.files import Files, Pitfall

_OF_ROLLOUTS = (
    *releases.RULES,
    *choosing.RULES,
    *cookies.RULES,
    *mirrors.RULES,
    *queries.RULES,
    *connections.RULES,
    *subsets.RULES,
)
RULES = (*_OF_ROLLOUTS, *routes.RULES)


def pitfalls(files: Files) -> list[Pitfall]:
    """In the order of the rules."""
    return [pitfall for rule in RULES for pitfall in rule(files)]


def pitfalls_on_the_way(files: Files, subjects: Collection[str]) -> list[Pitfall]:
    """Of the rollouts in the files, and of those routes only that are meant, such as `VirtualService shop/checkout`."""
    of_rollouts = [pitfall for rule in _OF_ROLLOUTS for pitfall in rule(files)]
    return of_rollouts + [one for rule in routes.RULES for one in rule(files) if _names(one, subjects)]


def _names(pitfall: Pitfall, subjects: Collection[str]) -> bool:
    """As its subject or in its sentence; `shop/checkout` is not `shop/checkout-b`."""
    text = f"{pitfall.subject} {pitfall.sentence}"
    return any(re.search(rf"{re.escape(subject)}(?![\w.-])", text) for subject in subjects)
