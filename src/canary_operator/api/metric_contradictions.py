"""What no metric may ask for: the part of `contradictions.py` that is about metrics."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_operator.api.promql import KNOWN, OF_A_SUBSET, OF_A_WORKLOAD, OF_AN_ARM, PLACEHOLDERS, placeholders
from canary_operator.api.quantities import format_limit, format_percentage

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.metric import Metric
    from canary_operator.api.rollout import Spec

_WHOLE = Fraction(1)
_EXAMPLES = {
    "Fraction": "a percentage such as 1%",
    "timedelta": "a time such as 500ms",
    "Decimal": "a number such as 0.8",
    "Memory": "a size such as 500Mi",
}


def of_metrics(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    for at, metric in enumerate(spec.analysis.metrics):
        if spec.workload is None and metric.is_about_pods:
            yield f"analysis.metrics[{at}].preset {metric.preset} is about pods, and there is no workload; leave it out"
        for check in _CHECKS:
            yield from (f"analysis.metrics[{at}]{complaint}" for complaint in check(metric))
        if spec.workload is None and (asked := sorted({*_asked(metric)} & {*OF_A_WORKLOAD})):
            yield f"analysis.metrics[{at}] asks for ${asked[0]}, and there is no workload; use $service or $arm"
        if spec.traffic.subsets is not None and any(_alike_in_subsets(query) for query in metric.queries):
            yield (
                f"analysis.metrics[{at}] tells the arms apart by $service alone, and with subsets both are behind one "
                "Service; use $workload, $pods or $arm"
            )
    others = [metric.title for metric in spec.analysis.metrics if metric.is_counted_by_istio]
    if others and any(metric.counter is not None for metric in spec.analysis.metrics):
        yield f"analysis.metrics has requests, which are counted without Istio, and {others[0]}; give one or the other"
    names = [metric.title for metric in spec.analysis.metrics]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"analysis.metrics names {name} more than once; leave it once, with all its bounds"


def _asked(metric: "Metric") -> Iterator[str]:
    for query in metric.queries:
        yield from placeholders(query)


def _alike_in_subsets(query: str) -> bool:
    return not {*placeholders(query)} & {*OF_A_SUBSET}


def _no_source(metric: "Metric") -> Iterator[str]:
    own = metric.prom_ql is not None
    if own == (metric.preset is not None) or own != (metric.name is not None):
        yield " must be a preset alone, or name and promQL"


def _counter_for_others(metric: "Metric") -> Iterator[str]:
    if metric.requests is not None and metric.counter is None:
        yield ".requests says how preset requests counts; leave it out"


def _no_bound(metric: "Metric") -> Iterator[str]:
    if (metric.max, metric.min, metric.max_increase, metric.max_decrease) == (None,) * 4:
        yield " has no bound; give max, maxIncrease or both"


def _no_whole(metric: "Metric") -> Iterator[str]:
    needed = metric.prom_ql is not None and metric.kind == "Counter"
    if needed != (metric.out_of is not None):
        yield (
            " is a Counter without outOf; give the query of the whole" if needed else ".outOf is for kind Counter only"
        )


def _bound_for_others(metric: "Metric") -> Iterator[str]:
    if metric.min is not None and (metric.prom_ql is None or metric.kind == "Counter"):
        yield f'.min "{format_limit(metric.min)}" is for kind Scalar or Gauge; use maxDecrease to compare a Counter'
    if metric.is_scalar and (metric.max_increase is not None or metric.max_decrease is not None):
        yield " is one number per arm, which can't be compared; give max or min, or count with kind Counter"
    if metric.max_decrease is not None and metric.prom_ql is None:
        yield ".maxDecrease is for what one wants more of; use maxIncrease"
    if metric.preset == "cpu" and metric.max is not None:
        yield f'.max "{format_limit(metric.max)}" is no bound for seconds of CPU for a request; use maxIncrease'
    if metric.is_restarts and metric.max_increase is not None:
        yield ".maxIncrease is for what is compared, and restarts are counted; give max"
    if metric.max_decrease is not None and (metric.max_increase is not None or metric.max is not None):
        yield " has maxDecrease, by which more is better, and maxIncrease or max, by which less is; give one of them"


def _bound_of_another_kind(metric: "Metric") -> Iterator[str]:
    wanted = metric.limit_kind
    for name, bound in (("max", metric.max), ("min", metric.min)):
        if bound is not None and not isinstance(bound, wanted):
            yield f'.{name} "{format_limit(bound)}" must be {_EXAMPLES[wanted.__name__]}'


def _bound_not_above_ignored(metric: "Metric") -> Iterator[str]:
    limit = metric.rate_limit
    if limit is not None and metric.max_increase is not None and limit <= metric.ignore_below:
        yield (
            f'.max "{format_percentage(limit)}" is not above ignoreBelow "{format_percentage(metric.ignore_below)}"; '
            "lower ignoreBelow, raise max, or leave maxIncrease out"
        )


def _bound_that_says_nothing(metric: "Metric") -> Iterator[str]:
    if metric.rate_limit is not None and not 0 < metric.rate_limit < _WHOLE:
        limit = format_percentage(metric.rate_limit)
        yield f'.max "{limit}" must lie between 0% and 100%; write for example "1%"'
    if metric.max_decrease == _WHOLE:
        yield '.maxDecrease "100%" lets everything pass; write for example "10%"'
    if metric.ignore_below == _WHOLE:
        yield '.ignoreBelow "100%" ignores everything; write for example "0.1%"'
    if metric.baseline_limit == 0:
        yield '.baselineLimit "0%" would hold every run; write for example "20%"'


def _unknown_placeholder(metric: "Metric") -> Iterator[str]:
    if any(re.fullmatch(KNOWN, query) is None for query in metric.queries):
        known = ", ".join(f"${name}" for name in PLACEHOLDERS)
        yield f" has a placeholder that does not exist; there are {known}, and $$ for a dollar sign"


def _same_for_both(metric: "Metric") -> Iterator[str]:
    if any(not {*placeholders(query)} & {*OF_AN_ARM} for query in metric.queries):
        yield " asks the same for both arms; tell them apart by $workload, $pods, $service or $arm"


_CHECKS: tuple[Callable[["Metric"], Iterator[str]], ...] = (
    _no_source,
    _counter_for_others,
    _no_bound,
    _no_whole,
    _bound_for_others,
    _bound_of_another_kind,
    _bound_not_above_ignored,
    _bound_that_says_nothing,
    _unknown_placeholder,
    _same_for_both,
)
