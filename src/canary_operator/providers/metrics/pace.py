"""When the next look is due: once per scrape and shortly after it, with a wait that grows while nobody answers."""

LONGEST_WAIT = 10.0
SHORTEST_PERIOD = 1.0


class Pace:
    """All in seconds. A look just after a scrape sees harm up to a whole scrape sooner than one just before the next.

        scrapes  |--------------|--------------|
        looks       ^ margin       ^ margin

    A scrape takes time; when a look comes too early (the newest sample is the one before), the margin grows. Samples
    that are older still do not come from looking too early.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._learned = 0.0

    def after_answer(self, period: float, age: float | None) -> float:
        """How long after this look the next one is due; `age` is that of the newest sample, None if there is none."""
        self._failures = 0
        if age is None:
            return period
        margin = max(self._learned, min(period / 10, 0.5))
        if age <= period:
            return period + margin - max(age, 0.0)
        if age > 2 * period or margin >= period / 2:
            return period
        self._learned = min(margin + period / 10, period / 2)
        return period * 1.1

    def after_failure(self) -> float:
        """1, 2, 4, 8, then 10: soon enough to notice when it is back."""
        self._failures += 1
        return min(SHORTEST_PERIOD * 2.0 ** min(self._failures - 1, 10), LONGEST_WAIT)
