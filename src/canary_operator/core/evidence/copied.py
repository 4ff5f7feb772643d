"""Copies of some requests held against all that the baseline answered.

Which of the baseline's requests could be copied, nobody counts apart: with the rest of them it may have failed more
seldom, or more often, by their nature. But how many they are is known from the copies, and all that failed in the
baseline is at least what failed among them.
"""

from canary_operator.api.evidence import Arms, Counts


def comparable(counted: Arms, mirror: float | None) -> Arms:
    """The baseline as if all that failed had been among the requests that could be copied: in the canary's favour."""
    if mirror is None:
        return counted
    requests = min(counted.baseline.requests, counted.canary.requests / mirror)
    return Arms(canary=counted.canary, baseline=Counts(requests=requests, bad=min(counted.baseline.bad, requests)))
