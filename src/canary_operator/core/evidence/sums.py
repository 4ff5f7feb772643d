from collections.abc import Iterable

from canary_operator.api.evidence import Arms, Counts


def plus(one: Counts, other: Counts) -> Counts:
    """Both together."""
    return Counts(requests=one.requests + other.requests, bad=one.bad + other.bad)


def both(one: Arms, other: Arms) -> Arms:
    """Both together, each arm for itself."""
    return Arms(canary=plus(one.canary, other.canary), baseline=plus(one.baseline, other.baseline))


def rate(counts: Counts) -> float:
    """Bad requests per request; 0 without requests."""
    return counts.bad / counts.requests if counts.requests else 0.0


def total(every: Iterable[Counts]) -> Counts:
    """All of them together."""
    counts = list(every)
    return Counts(requests=sum(one.requests for one in counts), bad=sum(one.bad for one in counts))
