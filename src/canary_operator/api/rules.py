"""What no CanaryRollout may ask for, as the API server checks it: rules by the path of what they look at.

A rule on one value leaves the value to the API server, which prints it; any other names the values itself.
`contradictions.py` says the same in Python, for objects that were stored before a rule existed.
"""

import json

from canary_operator.api.cel import Rule, quoted
from canary_operator.api.metric import ERROR_RATE
from canary_operator.api.quantities import DURATION, LATENCY, SHARE
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

METRIC_HAS_BOUND = Rule(
    "has(self.max) || has(self.maxIncrease)",
    'metric "{self.preset}" has no bound, so no canary could ever fail it: '
    'give max (for example "1%"), maxIncrease (for example "50%"), or both',
)

_ERROR_RATE = f"self.preset == {quoted(ERROR_RATE)}"

RATE_IS_A_PERCENTAGE = Rule(
    f"!has(self.max) || !({_ERROR_RATE}) || !{_readable('[self.max]', LATENCY)}",
    'max "{self.max}" is a time, and "{self.preset}" is a rate: write a percentage such as "1%"',
)

LATENCY_IS_A_TIME = Rule(
    f"!has(self.max) || {_ERROR_RATE} || !{_readable('[self.max]', SHARE)}",
    'max "{self.max}" is a percentage, and "{self.preset}" is a time: write for example "500ms" or "1.5s"',
)

METRICS_DIFFER = Rule(
    "self.all(one, self.exists_one(other, other.preset == one.preset))",
    "one preset is given twice: leave each once, with both bounds (max and maxIncrease) in the same item",
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
        f"{_number('self.stages[0].weight')} < 100.0 || self.analysis.metrics.exists(metric, has(metric.max))",
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
    "spec": (ONE_SUBJECT, FIRST_STAGE_HAS_BASELINE, RUN_FITS, SUBJECT_STAYS),
    "spec.workload.deploymentRef.name": (STAYS,),
    "spec.workload.progressDeadline": (SOME_TIME,),
    "spec.traffic": (CANARY_SERVICE_DIFFERS, CANARY_SERVICE_HAS_A_NAME, CANARY_SERVICE_STAYS),
    "spec.traffic.stableService": (STAYS,),
    "spec.traffic.istio.virtualServices": (ROUTE_STAYS,),
    "spec.stages": (STAGES_RISE,),
    "spec.stages[]": (STAGE_TAKES_TIME,),
    "spec.stages[].weight": (WEIGHT_IS_TRAFFIC,),
    "spec.analysis.metrics": (METRICS_DIFFER,),
    "spec.analysis.metrics[]": (METRIC_HAS_BOUND, BOUND_ABOVE_IGNORED, RATE_IS_A_PERCENTAGE, LATENCY_IS_A_TIME),
    "spec.analysis.metrics[].max": (MAX_LIMITS,),
    "spec.analysis.metrics[].ignoreBelow": (IGNORES_LESS_THAN_ALL,),
    "spec.analysis.metrics[].baselineLimit": (BASELINE_MAY_FAIL_A_LITTLE,),
    "spec.maxDuration": (SOME_TIME,),
}
