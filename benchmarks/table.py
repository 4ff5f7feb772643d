"""How what was measured is shown."""

from benchmarks.meter import LAG, LOOK_SECONDS, Cost

MEGABYTE = 1_000_000


def looks(cost: Cost, count: int) -> None:
    """Each query is a look for all `count` rollouts in progress."""
    taken = cost.looks * count
    typical, slowest = (milliseconds(cost.quantile(share, LOOK_SECONDS)) for share in (0.5, 0.99))
    print(
        f"  looks {taken / cost.seconds:.0f}/s in {cost.looks / cost.seconds:.2f} queries/s,"
        f" a query p50 ≤ {typical}, p99 ≤ {slowest}; calls per look {cost.calls.total() / max(taken, 1):.4f}"
    )
    print("  calls: " + ", ".join(f"{verb} {what} {number}" for (verb, what), number in cost.calls.most_common()))


def headings() -> None:
    columns = ("RSS MB", "core-s/min", "calls/s", "lease/s", "passes/s", "lag p50", "lag p99")
    print(f"{'':<18}" + "".join(f"{column:>12}" for column in columns) + "  load")


def row(name: str, cost: Cost, more: str) -> None:
    minutes = cost.seconds / 60
    cells = (
        f"{cost.memory / MEGABYTE:.0f}",
        f"{cost.cpu / minutes:.2f}",
        f"{cost.calls.total() / cost.seconds:.2f}",
        f"{cost.lease_calls / cost.seconds:.2f}",
        f"{cost.numbers.get(f'{LAG}_count', 0.0) / cost.seconds:.1f}",
        milliseconds(cost.quantile(0.5)),
        milliseconds(cost.quantile(0.99)),
    )
    print(f"{name:<18}" + "".join(f"{cell:>12}" for cell in cells) + f"  {cost.load}; {more}", flush=True)


def milliseconds(seconds: float) -> str:
    return "-" if seconds == float("inf") else f"{seconds * 1000:.0f} ms"
