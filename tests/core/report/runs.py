"""Runs of which something was seen."""

from datetime import timedelta
from typing import Any

from canary_operator.api.evidence import Arms, Counts, Evidence, Test
from canary_operator.api.status import Pinned, Run
from tests.doubles.worlds import at_stage

PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))

WARM = Evidence(
    warm=True,
    looks=9,
    planned=180,
    comparison=Test(looks=9, wealth=(1.0, 2.0, 3.0, 4.0, 5.0)),
    compared=Arms(canary=Counts(requests=90, bad=4), baseline=Counts(requests=1000, bad=9)),
    uncompared=Counts(requests=10, bad=1),
)


def a_run(evidence: Evidence, **changes: Any) -> Run:
    return at_stage(evidence=evidence, **{"pinned": PINNED, **changes})
