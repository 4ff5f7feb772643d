"""What comparing pods gave, in words."""

from canary_operator.api.evidence import Gauge, PodsCompared
from canary_operator.core.evidence.gauges import FEWEST_BASELINE
from canary_operator.core.evidence.terms import Comparison, Judged

_RARE = 1e-6


def harm_in_pods(judged: Judged, gauge: Gauge | None) -> str:
    """A comparison that found the canary worse than allowed.

    "memory is too high in the canary: 3 pods of the canary have 152Mi and 10 of the baseline 101Mi, 1.3 to 1.8 times as
    much (95%); allowed is 1.1 times; chance does this to one canary in 8200 that keeps what is allowed."
    """
    comparison, seen = judged.comparison, None if gauge is None else gauge.newest
    if comparison is None or seen is None or gauge is None:
        return f"{judged.name} is worse in the canary than allowed."
    lead = "falls short in the canary" if comparison.exchanged else "is too high in the canary"
    often = (
        "fewer than one canary in a million" if seen.chance < _RARE else f"one canary in {_rounded(1 / seen.chance)}"
    )
    rarely = f"chance does this to {often} that keeps what is allowed"
    return f"{judged.name} {lead}: {_facts(gauge, seen, comparison)}; {rarely}."


def of_pods(judged: Judged, gauge: Gauge) -> str:
    """No harm so far, or nothing that could be compared yet."""
    comparison, seen = judged.comparison, gauge.newest
    if comparison is None or seen is None:
        return f"{judged.name}: {_not_compared(gauge)}"
    found = f"{seen.findable:.3g} times would have been found, 4 times out of 5"
    return f"{judged.name}: {_facts(gauge, seen, comparison)}; {found}"


def too_few_pods(gauge: Gauge) -> str:
    """Why there is no comparison, with the cure."""
    return f"{_not_compared(gauge)}; give max instead, or more pods"


def _rounded(number: float) -> str:
    """Two digits are as many as it is worth, and nobody reads 5.2e+05."""
    return f"{float(f'{number:.2g}'):.0f}"


def _not_compared(gauge: Gauge) -> str:
    if not gauge.baseline_pods and not gauge.canary_pods:
        return "its pods are not compared yet"
    if gauge.baseline_pods < FEWEST_BASELINE:
        return f"{gauge.baseline_pods} pods of the baseline were seen, and comparing takes at least {FEWEST_BASELINE}"
    if not gauge.canary_pods:
        return "no pod of the canary was seen"
    return "a pod has 0, which is so many times nothing"


def _facts(gauge: Gauge, seen: PodsCompared, comparison: Comparison) -> str:
    canary, baseline = (f"{number:.4g}{comparison.unit}" for number in (seen.canary, seen.baseline))
    least = f"at least {1 / comparison.margin:.3g}" if comparison.exchanged else f"{comparison.margin:.3g}"
    pods = "1 pod of the canary has" if gauge.canary_pods == 1 else f"{gauge.canary_pods} pods of the canary have"
    times = f"{seen.lower:.2g} to {seen.upper:.2g} times as much (95%)"
    return f"{pods} {canary} and {gauge.baseline_pods} of the baseline {baseline}, {times}; allowed is {least} times"
