"""When did the harm begin? The likeliest start, for messages only: it is read off the data that it describes."""

from math import log

from canary_operator.api.evidence import Arms

_TIMES = 2.0
"""The harm that is looked for: so many times what is allowed."""
_LOG = log(_TIMES)


def gain(stratum: Arms, margin: float, phi: float) -> float:
    """The log-likelihood ratio of a canary twice as bad as allowed to one just allowed, for one stratum (d_2)."""
    canary, baseline = stratum.canary, stratum.baseline
    if canary.requests <= 0 or baseline.requests <= 0:
        return 0.0
    allowed = canary.requests * margin
    shared = log((allowed + baseline.requests) / (allowed * _TIMES + baseline.requests))
    return (canary.bad * _LOG + (canary.bad + baseline.bad) * shared) / phi


def restart(suspicion: float, gained: float) -> float:
    """Page's cumulative sum: where it is 0, the likeliest start of harm is not before the next stratum.

    Whoever keeps an interval since the start begins a new one whenever this is 0.
    """
    return max(0.0, suspicion + gained)
