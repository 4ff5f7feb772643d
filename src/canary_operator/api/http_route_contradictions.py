"""The part of `contradictions.py` that is about HTTPRoutes: `http_route_rules.py`'s twin, but for their names."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_operator.api.http_route_rules import NO_PATH, PARAMETER, PATH
from canary_operator.api.matches import CanaryMatch

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.rollout import Spec


def of_http_routes(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    if not spec.traffic.http_routes:
        return
    yield from _named_twice(spec)
    for at, match in enumerate(spec.traffic.canary_matches or ()):
        yield from (f"traffic.canaryMatches[{at}].{complaint}" for complaint in _of_one(match))


def _named_twice(spec: "Spec") -> Iterator[str]:
    names = [one.name for one in spec.traffic.http_routes]
    if twice := next((name for name in names if names.count(name) > 1), None):
        yield f'httpRoutes: "{twice}" is named twice: give each HTTPRoute once, with all of its rules'
    for one in spec.traffic.http_routes:
        if one.rules is not None and len(set(one.rules)) < len(one.rules):
            yield f'a rule is asked for twice in "{one.name}": give each once'


def _of_one(match: CanaryMatch) -> Iterator[str]:
    """Without the item's place."""
    if match.source_labels:
        yield (
            "sourceLabels are labels of callers, which an HTTPRoute does not know: test a header that says who calls, "
            "or split a VirtualService"
        )
    if match.path is not None and match.path.regex is not None:
        yield (
            f'path.regex "{match.path.regex}" is an expression, and an HTTPRoute obeys those after every prefix, even '
            '"/": give exact or prefix, or split a VirtualService'
        )
    paths = () if match.path is None else (("exact", match.path.exact), ("prefix", match.path.prefix))
    for field, path in paths:
        if path is not None and (not re.search(PATH, path) or re.search(NO_PATH, path)):
            yield (
                f'path.{field} "{path}" is none that an HTTPRoute takes: begin with "/", write other characters as %20 '
                'and the like, and leave out "//", "/./", "/../" and "%2F"'
            )
    for param in match.query_params or ():
        if not re.search(PARAMETER, param.name):
            yield (
                f'queryParams has the name "{param.name}", which no HTTPRoute takes: use letters, digits and '
                "!#$%&'*+-.^_`|~, or split a VirtualService"
            )
