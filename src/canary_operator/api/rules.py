"""What no CanaryRollout may ask for, as the API server checks it: rules by the path of what they look at.

A rule on one value leaves the value to the API server, which prints it; any other names the values itself.
`contradictions.py` says the same in Python, for objects that were stored before a rule existed.
"""

import json

from canary_operator.api.cel import Rule, quoted
from canary_operator.api.promql import KNOWN, OF_A_WORKLOAD, OF_AN_ARM, PLACEHOLDERS
from canary_operator.api.quantities import DURATION, LATENCY, NUMBER, SHARE
from canary_operator.api.rollout import MOST_STAGES

_ANEW = "delete this CanaryRollout, which gives everything back, and create it anew"


def _number(share: str) -> str:
    return f'double({share}.replace("%", ""))'


def _readable(texts: str, pattern: str) -> str:
    """A text that can't be read has its own rule; the rules that calculate with it must not fail loudly beside that."""
    return f"{texts}.all(text, text.matches({quoted(pattern)}))"


def _when_shares(texts: str, rule: str) -> str:
    return f"!{_readable(texts, SHARE)} || {rule}"


_LATER_STAGES = str(list(range(1, MOST_STAGES)))
_NUMERALS = json.dumps([str(number) for number in range(MOST_STAGES)])
_RISES = f"{_number('self[at].weight')} > {_number('self[at - 1].weight')}"

STAGES_RISE = Rule(
    _when_shares("self.map(stage, stage.weight)", f"{_LATER_STAGES}.all(at, at >= size(self) || {_RISES})"),
    f'stages[{{{_NUMERALS}[at]}}].weight "{{self[at].weight}}" is not above "{{self[at - 1].weight}}" of the stage '
    "before: each stage must be above the one before; to stay longer at a weight give that stage a longer duration",
    each=f"{_LATER_STAGES}.filter(at, at < size(self) && !({_RISES}))",
)

WEIGHT_IS_TRAFFIC = Rule(
    _when_shares("[self]", f"{_number('self')} > 0.0"),
    "must be above 0%: a stage without traffic shows nothing; leave the stage out",
)

STAGE_TAKES_TIME = Rule(
    f"!{_readable('[self.duration]', DURATION)} || !{_readable('[self.weight]', SHARE)} || "
    f'duration(self.duration) > duration("0s") || {_number("self.weight")} == 100.0',
    'duration "{self.duration}" leaves no time to judge a canary at "{self.weight}": give the stage a time '
    'such as "10m"; only a stage at 100% may have none',
)

_METRIC = 'has(self.preset) ? self.preset : has(self.name) ? self.name : "without a name"'
_SCALAR = 'has(self.promQL) && self.kind == "Scalar"'
_LATENCY = 'has(self.preset) && self.preset.startsWith("istio-latency")'
_TELLS_ARMS_APART = quoted(rf"[$]({'|'.join(OF_AN_ARM)})\b")
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
    f"has(self.outOf) == (has(self.promQL) && !({_SCALAR}))",
    f'metric "{{{_METRIC}}}": {{has(self.outOf) ? "outOf is the whole that a Counter is a part of, and this is none: '
    'leave it out" : "a Counter is a part of something: give outOf, for example the query of all visits"}',
)

ONLY_SCALARS_HAVE_A_MINIMUM = Rule(
    f"!has(self.min) || ({_SCALAR})",
    f'metric "{{{_METRIC}}}": min "{{self.min}}" is for kind Scalar: use maxDecrease to compare a Counter',
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
        f"(!has(self.{bound}) || self.{bound}.matches({_SCALAR} ? {quoted(NUMBER)} : "
        f"{_LATENCY} ? {quoted(LATENCY)} : {quoted(SHARE)}))"
        for bound in ("max", "min")
    ),
    f'metric "{{{_METRIC}}}": max or min must be {{{_SCALAR} ? "a number such as 0.8" : '
    f'{_LATENCY} ? "a time such as 500ms or 1.5s" : "a percentage such as 1%"}}',
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

METRICS_DIFFER = Rule(
    "self.all(one, self.exists_one(other, "
    '(has(other.preset) ? other.preset : has(other.name) ? other.name : "") == '
    '(has(one.preset) ? one.preset : has(one.name) ? one.name : "")))',
    "one metric is given twice: leave each preset and each name once, with all its bounds in the same item",
)

FALLS_SHORT_OF_SOMETHING = Rule(
    _when_shares("[self]", f"{_number('self')} < 100.0"),
    'must be below 100%, or no canary could ever fall short: write for example "10%"',
)

BOUND_ABOVE_IGNORED = Rule(
    "!has(self.max) || !has(self.maxIncrease) || "
    + _when_shares("[self.max, self.ignoreBelow]", f"{_number('self.ignoreBelow')} < {_number('self.max')}"),
    'max "{self.max}" is not above ignoreBelow "{self.ignoreBelow}", so maxIncrease could never matter: '
    "lower ignoreBelow, raise max, or leave maxIncrease out",
)

MAX_LIMITS = Rule(
    _when_shares("[self]", f"{_number('self')} > 0.0 && {_number('self')} < 100.0"),
    "must be above 0%, which no number of requests can prove, and below 100%, which limits nothing: "
    'write for example "1%"',
)

IGNORES_LESS_THAN_ALL = Rule(
    _when_shares("[self]", f"{_number('self')} < 100.0"),
    'must be below 100%, or no canary could ever fail by comparison: write for example "0.1%"',
)

BASELINE_MAY_FAIL_A_LITTLE = Rule(
    _when_shares("[self]", f"{_number('self')} > 0.0"),
    'must be above 0%, or the first error of the baseline would hold the run: write for example "20%"',
)

SOME_TIME = Rule(
    f'!{_readable("[self]", DURATION)} || duration(self) > duration("0s")',
    'must be above zero: write for example "10m"',
)

ONE_SUBJECT = Rule(
    "has(self.workload) != has(self.revision)",
    '{has(self.workload) ? "workload and revision are both given" : "neither workload nor revision is given"}: '
    "give workload to release a Deployment, or revision to move traffic only",
)

FIRST_STAGE_HAS_BASELINE = Rule(
    _when_shares(
        "[self.stages[0].weight]",
        f"{_number('self.stages[0].weight')} < 100.0 || "
        "self.analysis.metrics.exists(metric, has(metric.max) || has(metric.min))",
    ),
    'stages[0].weight "{self.stages[0].weight}" leaves no baseline to compare with, and every metric only compares: '
    'put a stage below 100% first, or give a metric max (for example "1%")',
)

RUN_FITS = Rule(
    f"!{_readable('self.stages.map(stage, stage.duration)', DURATION)} || "
    f"!{_readable('[self.analysis.warmup, self.maxDuration]', DURATION)} || "
    "self.stages.map(stage, duration(stage.duration)).sum() + duration(self.analysis.warmup)"
    " <= duration(self.maxDuration)",
    'all stages and the warmup "{self.analysis.warmup}" take longer than maxDuration "{self.maxDuration}", '
    "after which a run holds: raise maxDuration or shorten the stages",
)

CANARY_SERVICE_DIFFERS = Rule(
    "!has(self.canaryService) || self.canaryService != self.stableService",
    'canaryService and stableService are both "{self.stableService}": '
    "name the Service in front of the canary's pods, or leave canaryService out",
)

CANARY_SERVICE_HAS_A_NAME = Rule(
    "has(self.canaryService) || size(self.stableService) <= 56",
    'stableService "{self.stableService}" with "-canary" would be longer than the 63 characters of a Service\'s name: '
    "give canaryService a shorter name",
)

_SAME_CANARY_SERVICE = (
    '(has(self.canaryService) ? self.canaryService : self.stableService + "-canary")'
    ' == (has(oldSelf.canaryService) ? oldSelf.canaryService : oldSelf.stableService + "-canary")'
)

CANARY_SERVICE_STAYS = Rule(
    f"self.stableService != oldSelf.stableService || {_SAME_CANARY_SERVICE}",
    "canaryService can't change (it was \"{has(oldSelf.canaryService) ? oldSelf.canaryService : "
    'oldSelf.stableService + "-canary"}"): ' + _ANEW,
)

STAYS = Rule("self == oldSelf", 'can\'t change (it was "{oldSelf}"): ' + _ANEW)

SUBJECT_STAYS = Rule(
    "has(self.workload) == has(oldSelf.workload)",
    'workload can\'t be {has(self.workload) ? "added" : "taken away"}: ' + _ANEW,
)

ROUTE_STAYS = Rule(
    "self[0].name == oldSelf[0].name"
    " && (!has(oldSelf[0].routes) || (has(self[0].routes) && self[0].routes == oldSelf[0].routes))",
    'the route can\'t change (it was "{oldSelf[0].name}"'
    '{has(oldSelf[0].routes) ? ", route \\"" + oldSelf[0].routes[0] + "\\"" : ""}): ' + _ANEW,
)

RULES: dict[str, tuple[Rule, ...]] = {
    "spec": (ONE_SUBJECT, FIRST_STAGE_HAS_BASELINE, RUN_FITS, WORKLOAD_IS_THERE, SUBJECT_STAYS),
    "spec.workload.deploymentRef.name": (STAYS,),
    "spec.workload.progressDeadline": (SOME_TIME,),
    "spec.traffic": (CANARY_SERVICE_DIFFERS, CANARY_SERVICE_HAS_A_NAME, CANARY_SERVICE_STAYS),
    "spec.traffic.stableService": (STAYS,),
    "spec.traffic.istio.virtualServices": (ROUTE_STAYS,),
    "spec.stages": (STAGES_RISE,),
    "spec.stages[]": (STAGE_TAKES_TIME,),
    "spec.stages[].weight": (WEIGHT_IS_TRAFFIC,),
    "spec.analysis.metrics": (METRICS_DIFFER,),
    "spec.analysis.metrics[]": (
        METRIC_HAS_A_SOURCE,
        METRIC_HAS_BOUND,
        COUNTER_HAS_A_WHOLE,
        ONLY_SCALARS_HAVE_A_MINIMUM,
        SCALARS_ARE_NOT_COMPARED,
        ONLY_COUNTERS_DECREASE,
        ONE_COMPARISON,
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
    "spec.maxDuration": (SOME_TIME,),
}
