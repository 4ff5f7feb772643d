"""How often a healthy canary is rolled back where users keep their version, by how their errors lie between them.

    .venv/bin/python -m benchmarks.users --runs 1000

A hundred requests a second for half an hour, weight 5 %, both versions alike: one request in a hundred fails.
The columns differ only in what is drawn: each request, or each user once.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.verdict_streams import Stream, always, poisson
from canary_operator.api.evidence import Arms, Counts

WEIGHT, FAILS = 0.05, 0.01


@dataclass(frozen=True)
class Crowd:
    """Users who fail in the same way on both versions."""

    users: int
    failing: float = 1.0
    """The share of users who meet all the errors there are; each of their requests fails equally often."""
    spread: float = 0.0
    """The standard deviation of the logarithm of how much they send."""

    @property
    def name(self) -> str:
        who = "all users alike" if self.failing == 1 else f"1 user in {1 / self.failing:.0f} has all errors"
        return f"{self.users} users, {who}{', some send much' if self.spread else ''}"

    def members(self, chance: random.Random) -> list[tuple[float, float]]:
        """Of each user how much is sent, and how often it fails."""
        return [
            (chance.lognormvariate(0, self.spread), FAILS / self.failing * (chance.random() < self.failing))
            for _ in range(self.users)
        ]


@dataclass(frozen=True)
class UserStream(Stream):
    """A release to one crowd."""

    crowd: Crowd = Crowd(1000)
    kept: bool = True
    """Each user is drawn once; else each request is."""

    def _strata(self, chance: random.Random) -> Iterator[Arms]:
        arms = self._arms(chance)
        for _ in range(round(self.minutes * 60 / self.look)):
            counts = [self._counts(chance, good, bad) for good, bad in arms]
            yield Arms(canary=counts[0], baseline=counts[1])

    def _arms(self, chance: random.Random) -> list[tuple[float, float]]:
        """Good and bad requests in a look, of the canary and of the baseline."""
        members = self.crowd.members(chance)
        each = self.rate * self.look / sum(sent for sent, _ in members)
        sums = [[0.0, 0.0], [0.0, 0.0]]
        for sent, fails in members:
            share = float(chance.random() < WEIGHT) if self.kept else WEIGHT
            for arm, part in zip(sums, (share, 1 - share), strict=True):
                arm[0] += each * sent * part * (1 - fails)
                arm[1] += each * sent * part * fails
        return [(good, bad) for good, bad in sums]

    def _counts(self, chance: random.Random, good: float, bad: float) -> Counts:
        failed = poisson(chance, bad)
        return Counts(requests=poisson(chance, good) + failed, bad=failed)


CROWDS = (
    *(Crowd(users) for users in (100, 1000, 10_000)),
    *(Crowd(users, failing=0.1) for users in (100, 1000, 10_000)),
    *(Crowd(users, failing=0.01) for users in (100, 1000, 10_000)),
    *(Crowd(users, failing=0.1, spread=1.5) for users in (1000, 10_000)),
)


def share(stream: UserStream, runs: int) -> float:
    """Of the runs that end in a rollback."""
    found = [stream.time_of_harm(f"{stream.crowd}/{stream.kept}/{run}") for run in range(runs)]
    return sum(time is not None for time in found) / runs


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How often healthy canaries go back where users keep their version.")
    parser.add_argument("--runs", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    print(f"{'healthy canaries rolled back':<55} {'by request':>10} {'by user':>10}")
    for crowd in CROWDS:
        by_user = UserStream(100, always(FAILS), always(FAILS), weight=always(WEIGHT), crowd=crowd)
        found = [100 * share(stream, chosen.runs) for stream in (replace(by_user, kept=False), by_user)]
        print(f"{crowd.name:<55} {found[0]:>8.1f} % {found[1]:>8.1f} %", flush=True)


if __name__ == "__main__":
    main()
