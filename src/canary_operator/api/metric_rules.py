"""The part of `rules.py` that is about metrics: the twin of `metric_contradictions.py`."""

from canary_operator.api.cel import Rule, quoted
from canary_operator.api.cel_texts import number, when_shares
from canary_operator.api.promql import KNOWN, OF_A_SUBSET, OF_A_WORKLOAD, OF_AN_ARM, PLACEHOLDERS
from canary_operator.api.quantities import LATENCY, MEMORY, NUMBER, SHARE
from canary_operator.api.route_rules import COUNTED_BY_ISTIO

_METRIC = 'has(self.preset) ? self.preset : has(self.name) ? self.name : "without a name"'
_SCALAR = 'has(self.promQL) && self.kind == "Scalar"'
_COUNTER = 'has(self.promQL) && self.kind == "Counter"'
_OF_PODS = 'has(self.preset) && self.preset in ["memory", "cpu", "restarts"]'
_BY_APPLICATIONS = 'has({0}.preset) && {0}.preset == "requests"'
_NUMBER = f'(has(self.promQL) && self.kind != "Counter") || ({_OF_PODS})'
_LATENCY = 'has(self.preset) && self.preset.startsWith("istio-latency")'
_MEMORY = 'has(self.preset) && self.preset == "memory"'
_TELLS_ARMS_APART = quoted(rf"[$]({'|'.join(OF_AN_ARM)})\b")
_TELLS_SUBSETS_APART = quoted(rf"[$]({'|'.join(OF_A_SUBSET)})\b")
_ASKS_A_WORKLOAD = quoted(rf"[$]({'|'.join(OF_A_WORKLOAD)})\b")

METRIC_HAS_BOUND = Rule(
    "has(self.max) || has(self.min) || has(self.maxIncrease) || has(self.maxDecrease)",
    f'metric "{{{_METRIC}}}" has no bound, so no canary could ever fail it: '
    'give max (for example "1%"), maxIncrease (for example "50%"), or both',
)

METRIC_HAS_A_SOURCE = Rule(
    "has(self.preset) != has(self.promQL) && has(self.promQL) == has(self.name)",
    "a metric is a preset, or a name with a promQL: give either preset alone, or name and promQL",
)

COUNTER_HAS_A_WHOLE = Rule(
    f"has(self.outOf) == ({_COUNTER})",
    f'metric "{{{_METRIC}}}": {{has(self.outOf) ? "outOf is the whole that a Counter is a part of, and this is none: '
    'leave it out" : "a Counter is a part of something: give outOf, for example the query of all visits"}',
)

ONLY_NUMBERS_HAVE_A_MINIMUM = Rule(
    f"!has(self.min) || (has(self.promQL) && !({_COUNTER}))",
    f'metric "{{{_METRIC}}}": min "{{self.min}}" is for kind Scalar or Gauge: use maxDecrease to compare a Counter',
)

SCALARS_ARE_NOT_COMPARED = Rule(
    f"!({_SCALAR}) || (!has(self.maxIncrease) && !has(self.maxDecrease))",
    f'metric "{{{_METRIC}}}" is one number per arm, and nobody can say how sure a comparison of two numbers is: '
    "give max or min, or count with kind Counter",
)

ONLY_COUNTERS_DECREASE = Rule(
    "!has(self.maxDecrease) || has(self.promQL)",
    f'metric "{{{_METRIC}}}": maxDecrease "{{self.maxDecrease}}" is for what one wants more of, and fewer errors or a '
    "shorter time are welcome: use maxIncrease",
)

ONE_COMPARISON = Rule(
    "!has(self.maxDecrease) || (!has(self.maxIncrease) && !has(self.max))",
    f'metric "{{{_METRIC}}}": maxDecrease says that more is better, maxIncrease and max that less is: give one of them',
)

LIMIT_FITS = Rule(
    " && ".join(
        f"(!has(self.{bound}) || self.{bound}.matches({_MEMORY} ? {quoted(MEMORY)} : {_NUMBER} ? {quoted(NUMBER)} : "
        f"{_LATENCY} ? {quoted(LATENCY)} : {quoted(SHARE)}))"
        for bound in ("max", "min")
    ),
    f'metric "{{{_METRIC}}}": max or min must be {{{_MEMORY} ? "a size such as 500Mi" : '
    f'{_NUMBER} ? "a number such as 0.8" : '
    f'{_LATENCY} ? "a time such as 500ms or 1.5s" : "a percentage such as 1%"}}',
)

CPU_IS_COMPARED = Rule(
    '!has(self.preset) || self.preset != "cpu" || !has(self.max)',
    'metric "cpu": max "{self.max}" is no bound, because its unit is seconds of CPU for a request: use maxIncrease',
)

RESTARTS_ARE_COUNTED = Rule(
    '!has(self.preset) || self.preset != "restarts" || !has(self.maxIncrease)',
    'metric "restarts": maxIncrease "{self.maxIncrease}" compares, and restarts are counted: give max, for example "0"',
)

COUNTER_IS_FOR_REQUESTS = Rule(
    f"!has(self.requests) || ({_BY_APPLICATIONS.format('self')})",
    f'metric "{{{_METRIC}}}": requests says how preset requests counts: leave it out, or give preset requests',
)

ARMS_DIFFER = Rule(
    f"[has(self.promQL) ? self.promQL : {quoted('$arm')}, has(self.outOf) ? self.outOf : {quoted('$arm')}]"
    f".all(query, query.matches({_TELLS_ARMS_APART}))",
    f'metric "{{{_METRIC}}}" asks the same for both arms: '
    "tell them apart by $workload, $pods, $service or $arm in promQL and in outOf",
)

PLACEHOLDER_IS_KNOWN = Rule(
    f"self.matches({quoted(KNOWN)})",
    f"has a placeholder that does not exist: there are ${', $'.join(PLACEHOLDERS)}, and $$ for a dollar sign",
)

WORKLOAD_IS_THERE = Rule(
    "has(self.workload) || !self.analysis.metrics.exists(one, "
    f"(has(one.promQL) && one.promQL.matches({_ASKS_A_WORKLOAD})) || "
    f"(has(one.outOf) && one.outOf.matches({_ASKS_A_WORKLOAD})))",
    "a metric asks for $workload or $pods, and there is no workload: use $service or $arm",
)

SUBSETS_TOLD_APART = Rule(
    "!has(self.traffic.istio) || !has(self.traffic.istio.subsets) || self.analysis.metrics.all(one, "
    f"(!has(one.promQL) || one.promQL.matches({_TELLS_SUBSETS_APART})) && "
    f"(!has(one.outOf) || one.outOf.matches({_TELLS_SUBSETS_APART})))",
    "a metric tells the arms apart by $service alone, and with subsets both are behind one Service: "
    "use $workload, $pods or $arm in promQL and in outOf",
)

PODS_ARE_THERE = Rule(
    "has(self.workload) || !self.analysis.metrics.exists(one, has(one.preset) && "
    'one.preset in ["memory", "cpu", "restarts", "requests"])',
    "memory, cpu, restarts and requests are about pods, and there is no workload: "
    "leave them out, or give a query of your own",
)

ONE_COUNTS_THE_REQUESTS = Rule(
    f"!self.exists(one, {_BY_APPLICATIONS.format('one')}) || !self.exists(one, {COUNTED_BY_ISTIO.format('one')})",
    "preset requests is for applications whose requests Istio does not count, and istio-error-rate, istio-latency-… "
    "and cpu need its counts: give one or the other",
)

METRICS_DIFFER = Rule(
    "self.all(one, self.exists_one(other, "
    '(has(other.preset) ? other.preset : has(other.name) ? other.name : "") == '
    '(has(one.preset) ? one.preset : has(one.name) ? one.name : "")))',
    "one metric is given twice: leave each preset and each name once, with all its bounds in the same item",
)

FALLS_SHORT_OF_SOMETHING = Rule(
    when_shares("[self]", f"{number('self')} < 100.0"),
    'must be below 100%, or no canary could ever fall short: write for example "10%"',
)

BOUND_ABOVE_IGNORED = Rule(
    "!has(self.max) || !has(self.maxIncrease) || "
    + when_shares("[self.max, self.ignoreBelow]", f"{number('self.ignoreBelow')} < {number('self.max')}"),
    'max "{self.max}" is not above ignoreBelow "{self.ignoreBelow}", so maxIncrease could never matter: '
    "lower ignoreBelow, raise max, or leave maxIncrease out",
)

MAX_LIMITS = Rule(
    when_shares("[self]", f"{number('self')} > 0.0 && {number('self')} < 100.0"),
    "must be above 0%, which no number of requests can prove, and below 100%, which limits nothing: "
    'write for example "1%"',
)

IGNORES_LESS_THAN_ALL = Rule(
    when_shares("[self]", f"{number('self')} < 100.0"),
    'must be below 100%, or no canary could ever fail by comparison: write for example "0.1%"',
)

BASELINE_MAY_FAIL_A_LITTLE = Rule(
    when_shares("[self]", f"{number('self')} > 0.0"),
    'must be above 0%, or the first error of the baseline would hold the run: write for example "20%"',
)

RULES_OF_METRICS: dict[str, tuple[Rule, ...]] = {
    "spec.analysis.metrics": (METRICS_DIFFER, ONE_COUNTS_THE_REQUESTS),
    "spec.analysis.metrics[]": (
        METRIC_HAS_A_SOURCE,
        METRIC_HAS_BOUND,
        COUNTER_HAS_A_WHOLE,
        ONLY_NUMBERS_HAVE_A_MINIMUM,
        SCALARS_ARE_NOT_COMPARED,
        ONLY_COUNTERS_DECREASE,
        ONE_COMPARISON,
        CPU_IS_COMPARED,
        RESTARTS_ARE_COUNTED,
        COUNTER_IS_FOR_REQUESTS,
        LIMIT_FITS,
        ARMS_DIFFER,
        BOUND_ABOVE_IGNORED,
    ),
    "spec.analysis.metrics[].promQL": (PLACEHOLDER_IS_KNOWN,),
    "spec.analysis.metrics[].outOf": (PLACEHOLDER_IS_KNOWN,),
    "spec.analysis.metrics[].maxDecrease": (FALLS_SHORT_OF_SOMETHING,),
    "spec.analysis.metrics[].max": (MAX_LIMITS,),
    "spec.analysis.metrics[].ignoreBelow": (IGNORES_LESS_THAN_ALL,),
    "spec.analysis.metrics[].baselineLimit": (BASELINE_MAY_FAIL_A_LITTLE,),
}
