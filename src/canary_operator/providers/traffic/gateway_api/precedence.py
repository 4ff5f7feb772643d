"""Which of two matches a request obeys that passes both.

An HTTPRoute decides that by how much they say and not by their order, so a copy of a rule with more tests could take
requests from a rule that the copied one leaves them to.
"""

from collections.abc import Mapping, Sequence

from canary_operator.providers.traffic.gateway_api.matching import Match, named, path_of

_PATHS = ("RegularExpression", "PathPrefix", "Exact")
"""The last one first. Where an expression stands is the implementation's to say; in Istio it is the end."""


def overtaken(clone: Match, origin: Match, other: Match, beside: Match, *, earlier: bool) -> bool:
    """Whether this copy takes requests that the original leaves to the other; `earlier`: that one stands before both.

    Of two that say as much the earlier one is obeyed, and the copy stands directly before the original. `beside` is the
    other's own copy with the same tests, where it has one: it takes all that both copies could.
    """
    if _apart(clone, other):
        return False
    lost = _said(other) > _said(origin) or (earlier and _said(other) == _said(origin))
    won = _said(clone) > _said(beside) or (not earlier and _said(clone) == _said(beside))
    return lost and won


def _said(match: Match) -> tuple[int, int, bool, int, int]:
    kind, value = path_of(match)
    rank = _PATHS.index(kind) if kind in _PATHS else 0
    return rank, len(value), bool(match.get("method")), len(named(match, "headers")), len(named(match, "queryParams"))


def _apart(one: Match, other: Match) -> bool:
    """No request passes both, beyond doubt."""
    if one.get("method") and other.get("method") and one["method"] != other["method"]:
        return True
    if _paths_apart(path_of(one), path_of(other)):
        return True
    return any(_values_apart(one, other, field) for field in ("headers", "queryParams"))


def _values_apart(one: Match, other: Match, field: str) -> bool:
    mine, theirs = named(one, field), named(other, field)
    tests = [(mine[name], theirs[name]) for name in mine.keys() & theirs.keys()]
    return any(mine != theirs and {mine[0], theirs[0]} == {"Exact"} for mine, theirs in tests)


def _paths_apart(one: tuple[str, str], other: tuple[str, str]) -> bool:
    kinds, values = {one[0], other[0]}, (one[1], other[1])
    if "RegularExpression" in kinds:
        return False
    if kinds == {"Exact"}:
        return one != other
    if kinds == {"PathPrefix"}:
        return not _within(*values) and not _within(*reversed(values))
    exact, prefix = values if one[0] == "Exact" else reversed(values)
    return not _within(exact, prefix)


def _within(path: str, prefix: str) -> bool:
    """In whole segments."""
    return prefix in ("/", path) or path.startswith(f"{prefix}/")


def first_overtaken(
    clones: Sequence[Match],
    origins: Sequence[Match],
    rules: Sequence[Sequence[Match]],
    place: int,
    copied: Mapping[int, Sequence[Match]],
) -> int | None:
    """The place of the first rule of these that would lose requests to the copies of the one at this place.

    `copied` are the copies of others with the same tests, by their places.
    """
    pairs = list(zip(clones, origins, strict=True))
    for at, others in enumerate(rules):
        every = zip(others, copied.get(at, others), strict=True)
        if at != place and any(overtaken(*one, *other, earlier=at < place) for other in every for one in pairs):
            return at
    return None
