"""How often healthy canaries are rolled back, and how soon bad ones are: seeded streams against what must hold.

    .venv/bin/python -m benchmarks.verdicts --quick        # about two minutes: enough to see a row break
    .venv/bin/python -m benchmarks.verdicts --jobs 2       # about half an hour
    .venv/bin/python -m benchmarks.verdicts --full         # 20 000 healthy and 4000 bad runs of every cell

Unless a row says otherwise: 30 minutes, looks every 10 s, weight 5 %, requests Poisson, errors binomial, no warm-up.
A row of several cells shows its worst one. Rows of rollbacks hold when the share is at most what it must be, or when
so few runs could not tell the difference (a binomial chance of at least 1 %). Rows of times hold when at least half
of the runs are found by then; the 90 % quantile stands beside it. Exits with 1 when a row falls short.
"""

import argparse
import sys
import timeit
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from math import comb, inf

from benchmarks.verdict_rows import Row, rows
from benchmarks.verdict_streams import START, metric
from canary_operator.api.evidence import Arms, Counts, Test
from canary_operator.core.evidence import counts, limits
from canary_operator.core.evidence.bets import bet, e_value
from canary_operator.core.evidence.judge import Terms, begin, fold, judge
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.terms import of_errors


@dataclass(frozen=True)
class Result:
    """One line of the table as it came out."""

    name: str
    must: str
    measured: str
    holds: bool


def measure(number: int, row: Row, runs: int, run_all: Callable[[int, int, int], list[float | None]]) -> Result:
    """Run all cells and keep the worst."""
    times = [run_all(number, cell, runs) for cell in range(len(row.cells))]
    return _times_result(row, times) if row.kind == "found" else _shares_result(row, times)


def _shares_result(row: Row, times: list[list[float | None]]) -> Result:
    runs = len(times[0])
    worst = max(sum(time is not None for time in cell) for cell in times)
    likely = sum(comb(runs, k) * row.must**k * (1 - row.must) ** (runs - k) for k in range(worst))
    measured = f"{100 * worst / runs:.2f} % ({worst} of {runs})"
    return Result(row.name, f"≤ {100 * row.must:g} % rolled back", measured, worst <= row.must * runs or likely < 0.99)


def _times_result(row: Row, times: list[list[float | None]]) -> Result:
    cells = [sorted(inf if time is None else time for time in cell) for cell in times]
    worst = max(cells, key=lambda cell: (cell[len(cell) // 2], cell[len(cell) * 9 // 10]))
    by_then = min(sum(time <= row.must for time in cell) / len(cell) for cell in cells)
    median, late = worst[len(worst) // 2], worst[len(worst) * 9 // 10]
    measured = f"{median:.0f} s (90 %: {late:.0f} s; {100 * by_then:.0f} % by then)"
    return Result(row.name, f"median ≤ {row.must:g} s", measured, by_then >= 0.5)


def speed() -> list[Result]:
    """One look of one metric with both bounds; first the arithmetic alone, then all that a look costs."""
    stratum = Arms(canary=Counts(requests=5, bad=1), baseline=Counts(requests=95, bad=2))
    test = Test(looks=3, wealth=(0.1,) * 5)
    longer = Test(looks=3, wealth=(0.1,) * 6)

    def arithmetic() -> float:
        compared = bet(test, counts.gains(stratum, 1.5, 1.0), 1800)
        material = bet(longer, limits.gains(stratum.canary, 0.001, 1.0), 1800)
        limited = bet(longer, limits.gains(stratum.canary, 0.01, 1.0), 1800)
        return e_value(compared, 1800) + e_value(material, 1800) + e_value(limited, 1800)

    terms = Terms((of_errors(metric("50%", "1%")),), timedelta(seconds=1), timedelta(0), timedelta(minutes=30))
    evidence = begin()
    for second in range(5):
        evidence = fold(evidence, _sample(second), terms, clean_from=START)
    later = _sample(5)

    def whole() -> bool:
        return judge(fold(evidence, later, terms, clean_from=START), terms).harm

    return [
        _speed("one look, arithmetic", arithmetic, 20),
        _speed("one look, fold and judge: 1000 in 50 ms", whole, 50),
    ]


def _sample(second: int) -> Sample:
    at = START + timedelta(seconds=second)
    return Sample({"gateway": SourceSample(at, Counter(100 + 5 * second, second), Counter(9e6 + 95 * second, 5e4))})


def _speed(name: str, work: Callable[[], object], must: float) -> Result:
    microseconds = min(timeit.repeat(work, number=100, repeat=100)) / 100 * 1e6  # a busy machine disturbs some of them
    return Result(name, f"≤ {must:g} µs", f"{microseconds:.1f} µs", microseconds <= must)


def _run(job: tuple[int, int, int, int]) -> list[float | None]:
    number, cell, first, last = job
    row = rows()[number]
    return [row.cells[cell].time_of_harm(f"{row.name}/{cell}/{run}") for run in range(first, last)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a row falls short."""
    parser = argparse.ArgumentParser(description="Measure the verdicts against what must hold.")
    parser.add_argument("--quick", action="store_true", help="few runs")
    parser.add_argument("--full", action="store_true", help="as many runs as the claims are made for")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    chosen = parser.parse_args(arguments)
    healthy, bad = (100, 400) if chosen.quick else (20_000, 4_000) if chosen.full else (2_000, 2_000)
    results = []
    with ProcessPoolExecutor(chosen.jobs) as pool:

        def run_all(number: int, cell: int, runs: int) -> list[float | None]:
            step = max(10, runs // (4 * chosen.jobs))
            jobs = [(number, cell, first, min(first + step, runs)) for first in range(0, runs, step)]
            return [time for part in pool.map(_run, jobs) for time in part]

        for number, row in enumerate(rows()):
            if chosen.only in row.name:
                runs = bad if row.kind == "found" else healthy
                results.append(_told(measure(number, row, runs, run_all)))
    results += [_told(result) for result in speed()]
    return 0 if all(result.holds for result in results) else 1


def _told(result: Result) -> Result:
    holds = "holds" if result.holds else "FALLS SHORT"
    print(f"{result.name:<70} {result.must:<22} {result.measured:<42} {holds}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
