"""How many canary pods a weight needs."""

from fractions import Fraction
from math import ceil


def canary_replicas(base: int, weight: Fraction) -> int:
    """Enough pods for the share, and never a single one where stable itself has several.

    `base` is the most stable pods seen in the run: 10 pods at 25 % need 3, at 5 % need 2; one pod at 5 % needs 1.
    """
    return max(min(2, base), ceil(base * weight), 1)
