"""Integer weights for a share. A weight is a share of the sum, so the sum may be any number above 0."""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

READABLE_SUMS = (100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Weights:
    stable: int
    canary: int
    others: tuple[int, ...]
    """Of the destinations that are not ours, in their order."""

    @property
    def ours(self) -> int:
        return self.stable + self.canary

    @property
    def total(self) -> int:
        return self.ours + sum(self.others)


def weights_for(share: Fraction, ours: int, others: tuple[int, ...]) -> Weights:
    """The canary gets exactly `share` of what it and stable receive together; all others keep their share of all.

    The answer follows from the shares alone, so writing it a second time changes nothing.

        0.5 %, nobody else            → 995 / 5
        0.5 %, 1800 beside 200        → 1791 / 9 / 200

    Args:
        share: 0 to 1
        ours: what stable and canary weigh together now, above 0
        others: what every other destination weighs now
    """
    return _beside_others(share, ours, others) if any(others) else _alone(share, others)


def _alone(share: Fraction, others: tuple[int, ...]) -> Weights:
    """A sum that people can read, where there is one."""
    total = next((each for each in READABLE_SUMS if each % share.denominator == 0), share.denominator)
    canary = int(share * total)
    return Weights(total - canary, canary, others)


def _beside_others(share: Fraction, ours: int, others: tuple[int, ...]) -> Weights:
    """Everything times the share's denominator, divided by what all have in common."""
    scale = share.denominator
    canary = int(share * ours * scale)
    stable = ours * scale - canary
    scaled = [other * scale for other in others]
    common = gcd(stable, canary, *scaled)
    return Weights(stable // common, canary // common, tuple(other // common for other in scaled))
