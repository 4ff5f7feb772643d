"""The part of `rules.py` that is about mirrored requests."""

from canary_operator.api.cel import Rule
from canary_operator.api.cel_texts import number, readable, when_shares
from canary_operator.api.quantities import SHARE
from canary_operator.api.rollout import MOST_STAGES

_LATER_STAGES = str(list(range(1, MOST_STAGES)))
_MIRRORS = "self.stages.exists(stage, has(stage.mirror))"
_VALUE = '{has(self.stages[0].mirror) ? self.stages[0].mirror : "above 0%"}'
_BELOW_HTTP = (
    "has(self.traffic.istio) && "
    "self.traffic.istio.virtualServices.exists(one, has(one.tcpRoutes) || has(one.tlsRoutes))"
)

MIRRORS_SOMETHING = Rule(
    when_shares("[self]", f"{number('self')} > 0.0"),
    'must be above 0%: write for example "20%", or leave mirror out',
)

MIRRORS_BEFORE_WEIGHTS = Rule(
    f"!has(self.mirror) || !{readable('[self.weight]', SHARE)} || {number('self.weight')} == 0.0",
    'mirror "{self.mirror}" and weight "{self.weight}" are both given, and copies are for a stage before any user gets '
    "the canary: leave one of them out",
)

_BOTH = "has(self[at].mirror) && has(self[at - 1].mirror)"
_MORE = f"{number('self[at].mirror')} > {number('self[at - 1].mirror')}"

MIRRORS_RISE = Rule(
    when_shares(
        'self.map(stage, has(stage.mirror) ? stage.mirror : "0%")',
        f"{_LATER_STAGES}.all(at, at >= size(self) || !({_BOTH}) || {_MORE})",
    ),
    'mirror "{self[at].mirror}" is not above "{self[at - 1].mirror}" of the stage before: each must be above the one '
    "before; to stay longer give that stage a longer duration",
    each=f"{_LATER_STAGES}.filter(at, at < size(self) && {_BOTH} && !({_MORE}))",
)

MIRROR_NEEDS_HTTP = Rule(
    f"!{_MIRRORS} || !({_BELOW_HTTP})",
    f'stages: mirror "{_VALUE}" copies requests, and a tcp or tls route has connections only: leave mirror out, or '
    "split an http route",
)

MIRROR_NEEDS_A_WORKLOAD = Rule(
    f"!{_MIRRORS} || has(self.workload)",
    f'stages: mirror "{_VALUE}" is counted by the pods that get the copies, and without a workload nobody knows which '
    "they are: give workload, or leave mirror out",
)

MIRROR_WITHOUT_MATCHES = Rule(
    f"!{_MIRRORS} || !has(self.traffic.canaryMatches)",
    f'stages: mirror "{_VALUE}" and traffic.canaryMatches are both given, and no pod can tell a copy from the request '
    "of a tester: leave one of them out",
)

_SEES = '(metric.preset.startsWith("istio-") || metric.preset == "requests")'

MIRROR_IS_JUDGED = Rule(
    f"!{_MIRRORS} || self.analysis.metrics.exists(metric, has(metric.preset) && {_SEES})",
    f'stages: mirror "{_VALUE}" is judged by errors and latency, and no metric is about them: give preset '
    "istio-error-rate, istio-latency-p99 or requests, or leave mirror out",
)

MIRROR_IS_USED = Rule(
    f"!has(self.traffic.mirror) || {_MIRRORS}",
    'traffic.mirror is given, and no stage mirrors: give a first stage mirror (for example "20%"), or leave '
    "traffic.mirror out",
)

OF_MIRROR = (
    MIRROR_NEEDS_HTTP,
    MIRROR_NEEDS_A_WORKLOAD,
    MIRROR_WITHOUT_MATCHES,
    MIRROR_IS_JUDGED,
    MIRROR_IS_USED,
)
"""Of the whole spec."""
