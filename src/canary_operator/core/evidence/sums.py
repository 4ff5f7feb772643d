from collections.abc import Iterable, Sequence

from canary_operator.api.evidence import Arms, Bin, Counts


def plus(one: Counts, other: Counts) -> Counts:
    """Both together."""
    return Counts(one.requests + other.requests, one.bad + other.bad)


def both(one: Arms, other: Arms) -> Arms:
    """Both together, each arm for itself."""
    return Arms(plus(one.canary, other.canary), plus(one.baseline, other.baseline))


def rate(counts: Counts) -> float:
    """Bad requests per request; 0 without requests."""
    return counts.bad / counts.requests if counts.requests else 0.0


def total(every: Iterable[Counts | Bin]) -> Counts:
    """All of them together."""
    requests = bad = 0.0
    for one in every:
        requests, bad = requests + one.requests, bad + one.bad
    return Counts(requests, bad)


def totals(every: Sequence[Arms]) -> Arms:
    """All of them together, each arm for itself."""
    if len(every) == 1:  # one gateway, as mostly
        return every[0]
    return Arms(total([one.canary for one in every]), total([one.baseline for one in every]))
