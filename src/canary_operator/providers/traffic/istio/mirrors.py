"""The mirrors of a rule, as its owner has them and with ours.

Istio takes `mirror` with `mirrorPercentage`, or the list `mirrors`, and refuses both together.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Address, Destination, means

_OLD = ("mirrorPercentage", "mirrorPercent", "mirror_percent")
"""Where the percentage of a single mirror stands; the latter two are Istio's names of before."""


def mirroring(rule: Object, destination: Mapping[str, Any], percentage: Fraction) -> Object:
    """The rule with one mirror more. A single one of its owner's becomes the first of a list."""
    if not rule.get("mirror") and not rule.get("mirrors"):
        return {**rule, "mirror": destination, "mirrorPercentage": {"value": _number(percentage)}}
    theirs = [dict(each) for each in _mirrors(rule)]
    ours = {"destination": destination, "percentage": {"value": _number(percentage)}}
    rest = {key: value for key, value in rule.items() if key not in {"mirror", "mirrors", *_OLD}}
    return {**rest, "mirrors": [*theirs, ours]}


def mirrored_to(rule: Object, wanted: Address, namespace: str) -> Sequence[Any]:
    """The percentages that go there."""
    return [one.get("percentage") for one in _mirrors(rule) if means(one, namespace, wanted)]


def _mirrors(rule: Object) -> Iterator[Destination]:
    yield from rule.get("mirrors") or ()
    if single := rule.get("mirror"):
        yield {"destination": single, **_percentage(rule)}


def _percentage(rule: Object) -> Object:
    """None is everything."""
    found = next((rule[key] for key in _OLD if rule.get(key) is not None), None)
    if found is None:
        return {}
    return {"percentage": found if isinstance(found, Mapping) else {"value": found}}


def _number(share: Fraction) -> int | float:
    percentage = share * 100
    return int(percentage) if percentage.denominator == 1 else float(percentage)
