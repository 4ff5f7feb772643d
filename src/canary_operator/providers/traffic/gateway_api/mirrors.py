"""The filters by which a rule sends copies, as its owner has them and with ours."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import Backend, is_service

SAFE = ("GET", "HEAD")
"""Methods of requests that change nothing, so that a copy does no harm."""
_TYPE, _FIELD = "RequestMirror", "requestMirror"
_REFERENCE = ("group", "kind", "name", "namespace", "port")


def mirroring(rule: Object, backend: Backend, share: Fraction) -> Object:
    """The rule with one mirror more, to where this backend is."""
    reference = {key: backend[key] for key in _REFERENCE if key in backend}
    ours = {"type": _TYPE, _FIELD: {"backendRef": reference, **_part(share)}}
    return {**rule, "filters": [*(rule.get("filters") or ()), ours]}


def mirrored_to(rule: Object, service: str, namespace: str) -> list[Fraction]:
    """The shares of the requests that go there."""
    return [share for backend, share in _mirrors(rule) if is_service(backend, service, namespace)]


def _mirrors(rule: Object) -> Iterator[tuple[Backend, Fraction]]:
    for one in rule.get("filters") or ():
        if one.get("type") == _TYPE and (found := one.get(_FIELD)):
            yield found.get("backendRef") or {}, _share(found)


def _share(mirror: Mapping[str, Any]) -> Fraction:
    """Of all, where nothing is said."""
    if fraction := mirror.get("fraction"):
        return Fraction(fraction["numerator"], fraction.get("denominator", 100))
    return Fraction(mirror.get("percent", 100), 100)


def _part(share: Fraction) -> Mapping[str, Any]:
    """Of a percentage the API takes whole ones only."""
    percent = share * 100
    if percent.denominator == 1:
        return {"percent": int(percent)}
    return {"fraction": {"numerator": share.numerator, "denominator": share.denominator}}
