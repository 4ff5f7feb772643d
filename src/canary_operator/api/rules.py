"""What no CanaryRollout may ask for, as the API server checks it: rules by the path of what they look at.

A rule on one value leaves the value to the API server, which prints it; any other names the values itself.
`contradictions.py` says the same in Python, for objects that were stored before a rule existed.
"""

import json

from canary_operator.api.cel import Rule
from canary_operator.api.cel_texts import number, readable, when_shares
from canary_operator.api.http_route_rules import OF_HTTP_ROUTES
from canary_operator.api.match_rules import (
    BUCKET_HAS_A_SOURCE,
    BUCKET_IS_WHOLE,
    CHOOSING_NEEDS_HTTP,
    COOKIE_IS_ONE_HEADER,
    COOKIE_IS_OURS,
    COOKIE_OUTLASTS_RUN,
    DARK_STAGE_HAS_MATCHES,
    HEADER_IS_MATCHED,
    IS_RE2,
    MATCH_SERVICE_DIFFERS,
    MATCH_TESTS_SOMETHING,
    ONE_PATH_TEST,
    ONE_TEST,
    ONE_WAY_TO_STAY,
    PREFIX_IS_SECURE,
)
from canary_operator.api.metric_rules import PODS_ARE_THERE, RULES_OF_METRICS, SUBSETS_TOLD_APART, WORKLOAD_IS_THERE
from canary_operator.api.mirror_rules import MIRRORS_BEFORE_WEIGHTS, MIRRORS_RISE, MIRRORS_SOMETHING, OF_MIRROR
from canary_operator.api.quantities import DURATION, SHARE
from canary_operator.api.rollout import MOST_STAGES
from canary_operator.api.route_rules import (
    ANEW,
    AS_MANY_HTTP_ROUTES_STAY,
    AS_MANY_VIRTUAL_SERVICES_STAY,
    CONNECTIONS_ARE_NO_REQUESTS,
    HTTP_ROUTE_STAYS,
    HTTP_ROUTES_DIFFER,
    HTTP_RULES_DIFFER,
    MANAGED_ROUTE_IS_WHOLE,
    ONE_KIND_OF_ROUTE,
    ONE_ROUTER,
    PORT_IS_OF_MANAGED_ROUTE,
    ROUTE_STAYS,
    ROUTER_STAYS,
    ROUTES_DIFFER,
    SPLIT_STAYS,
    SUBSETS_DIFFER,
    SUBSETS_HAVE_ONE_SERVICE,
    SUBSETS_NEED_A_WORKLOAD,
    SUBSETS_STAY,
    VIRTUAL_SERVICES_DIFFER,
)

_LATER_STAGES = str(list(range(1, MOST_STAGES)))
_NUMERALS = json.dumps([str(number) for number in range(MOST_STAGES)])
_RISES = (
    f"{number('self[at].weight')} > {number('self[at - 1].weight')} || "
    f"(has(self[at].mirror) && {number('self[at].weight')} == {number('self[at - 1].weight')})"
)
"""Stages that mirror are all without a weight."""

STAGES_RISE = Rule(
    when_shares("self.map(stage, stage.weight)", f"{_LATER_STAGES}.all(at, at >= size(self) || ({_RISES}))"),
    f'stages[{{{_NUMERALS}[at]}}].weight "{{self[at].weight}}" is not above "{{self[at - 1].weight}}" of the stage '
    "before: each stage must be above the one before; to stay longer at a weight give that stage a longer duration",
    each=f"{_LATER_STAGES}.filter(at, at < size(self) && !({_RISES}))",
)

STAGE_TAKES_TIME = Rule(
    f"!{readable('[self.duration]', DURATION)} || !{readable('[self.weight]', SHARE)} || "
    f'duration(self.duration) > duration("0s") || {number("self.weight")} == 100.0',
    'duration "{self.duration}" leaves no time to judge a canary at "{self.weight}": give the stage a time '
    'such as "10m"; only a stage at 100% may have none',
)

SOME_TIME = Rule(
    f'!{readable("[self]", DURATION)} || duration(self) > duration("0s")',
    'must be above zero: write for example "10m"',
)

ONE_SUBJECT = Rule(
    "has(self.workload) != has(self.revision)",
    '{has(self.workload) ? "workload and revision are both given" : "neither workload nor revision is given"}: '
    "give workload to release a Deployment, or revision to move traffic only",
)

_COMPARES = f"{number('stage.weight')} > 0.0 && {number('stage.weight')} < 100.0"

FIRST_STAGE_HAS_BASELINE = Rule(
    when_shares(
        "self.stages.map(stage, stage.weight)",
        f"self.stages.exists(stage, {_COMPARES}) || "
        "self.analysis.metrics.exists(metric, has(metric.max) || has(metric.min))",
    ),
    'stages[0].weight "{self.stages[0].weight}" leaves no baseline to compare with before 100%, and every metric only '
    'compares: put a stage below 100% first, or give a metric max (for example "1%")',
)

RUN_FITS = Rule(
    f"!{readable('self.stages.map(stage, stage.duration)', DURATION)} || "
    f"!{readable('[self.analysis.warmup, self.maxDuration]', DURATION)} || "
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
    "has(self.canaryService) || (has(self.istio) && has(self.istio.subsets)) || size(self.stableService) <= 56",
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
    'oldSelf.stableService + "-canary"}"): ' + ANEW,
)

STAYS = Rule("self == oldSelf", 'can\'t change (it was "{oldSelf}"): ' + ANEW)

SUBJECT_STAYS = Rule(
    "has(self.workload) == has(oldSelf.workload)",
    'workload can\'t be {has(self.workload) ? "added" : "taken away"}: ' + ANEW,
)

RULES: dict[str, tuple[Rule, ...]] = {
    "spec": (
        ONE_SUBJECT,
        FIRST_STAGE_HAS_BASELINE,
        RUN_FITS,
        WORKLOAD_IS_THERE,
        PODS_ARE_THERE,
        CONNECTIONS_ARE_NO_REQUESTS,
        DARK_STAGE_HAS_MATCHES,
        BUCKET_IS_WHOLE,
        COOKIE_OUTLASTS_RUN,
        *OF_MIRROR,
        SUBJECT_STAYS,
        SUBSETS_NEED_A_WORKLOAD,
        SUBSETS_TOLD_APART,
    ),
    "spec.workload.deploymentRef.name": (STAYS,),
    "spec.workload.progressDeadline": (SOME_TIME,),
    "spec.traffic": (
        ONE_ROUTER,
        ROUTER_STAYS,
        CANARY_SERVICE_DIFFERS,
        CANARY_SERVICE_HAS_A_NAME,
        CANARY_SERVICE_STAYS,
        CHOOSING_NEEDS_HTTP,
        *OF_HTTP_ROUTES,
        MATCH_SERVICE_DIFFERS,
        ONE_WAY_TO_STAY,
        COOKIE_IS_OURS,
        SUBSETS_HAVE_ONE_SERVICE,
    ),
    "spec.traffic.canaryMatches[]": (MATCH_TESTS_SOMETHING, COOKIE_IS_ONE_HEADER),
    "spec.traffic.canaryMatches[].headers[]": (ONE_TEST,),
    "spec.traffic.canaryMatches[].headers[].name": (HEADER_IS_MATCHED,),
    "spec.traffic.canaryMatches[].cookie": (ONE_TEST,),
    **{
        f"spec.traffic.canaryMatches[].{place}.regex": (IS_RE2,)
        for place in ("headers[]", "cookie", "queryParams[]", "path")
    },
    "spec.traffic.canaryMatches[].queryParams[]": (ONE_TEST,),
    "spec.traffic.canaryMatches[].path": (ONE_PATH_TEST,),
    "spec.traffic.canaryBucket": (BUCKET_HAS_A_SOURCE,),
    "spec.traffic.canaryBucket.header": (HEADER_IS_MATCHED,),
    "spec.traffic.stickiness.cookie": (PREFIX_IS_SECURE,),
    "spec.traffic.stableService": (STAYS,),
    "spec.traffic.istio": (SPLIT_STAYS,),
    "spec.traffic.istio.subsets": (SUBSETS_DIFFER, SUBSETS_STAY),
    "spec.traffic.istio.virtualServices": (
        VIRTUAL_SERVICES_DIFFER,
        AS_MANY_VIRTUAL_SERVICES_STAY,
        ROUTE_STAYS,
    ),
    "spec.traffic.istio.virtualServices[]": (
        ONE_KIND_OF_ROUTE,
        ROUTES_DIFFER,
        MANAGED_ROUTE_IS_WHOLE,
        PORT_IS_OF_MANAGED_ROUTE,
    ),
    "spec.traffic.gatewayAPI.httpRoutes": (HTTP_ROUTES_DIFFER, AS_MANY_HTTP_ROUTES_STAY, HTTP_ROUTE_STAYS),
    "spec.traffic.gatewayAPI.httpRoutes[]": (HTTP_RULES_DIFFER,),
    "spec.stages": (STAGES_RISE, MIRRORS_RISE),
    "spec.stages[]": (STAGE_TAKES_TIME, MIRRORS_BEFORE_WEIGHTS),
    "spec.stages[].mirror": (MIRRORS_SOMETHING,),
    **RULES_OF_METRICS,
    "spec.maxDuration": (SOME_TIME,),
}
