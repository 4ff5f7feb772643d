"""Releases in a recording, judged again."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from canary_operator.backtest.course import Course
from canary_operator.backtest.looks import Looks
from canary_operator.backtest.strata import strata
from canary_operator.backtest.trial import Replay, Trial

SILENCE = timedelta(minutes=10)
"""A canary without a request for so long is over; what comes later is another release."""
Pin = Callable[[datetime], Course]
"""What a run that begins then is judged by."""


def releases(looks: Looks) -> Iterator[tuple[datetime, datetime]]:
    """From just before the first request of a canary to its last one."""
    began: datetime | None = None
    last: datetime | None = None
    for stratum in strata(looks.samples):
        if not stratum.counts.canary.requests:
            continue
        if began is not None and last is not None and stratum.began - last > SILENCE:
            yield began, last
            began = None
        began, last = began or stratum.began, stratum.at
    if began is not None and last is not None:
        yield began, last


def replay(looks: Looks, span: tuple[datetime, datetime], pin: Pin) -> Replay:
    """One release, by what would have been measured before it. Its stages are taken to have been as the spec has them.

    What the weight really was is not known; only the windows in which pods are compared hang on it. What is longer than
    the spec's stages stays in the last one that has a baseline.
    """
    began, end = span
    trial, inside = Trial(pin(began).compared, began), []
    for sample in looks.samples:
        if sample.at is None or not began <= sample.at <= end:
            continue
        inside.append(sample)
        trial.look(sample, sample.at)
        if trial.harmed:
            break
    return trial.outcome(looks, sum(stratum.counts.canary.requests for stratum in strata(inside)))
