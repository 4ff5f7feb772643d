"""What must be true after a story, whichever it was; and how a weight is compared with what Envoy did."""

from math import sqrt

from testbed.demo.setting import Setting
from testbed.demo.watch import Step
from testbed.shop import CANARY, Rollout

_SIGMAS = 4.5
"""A right weight is called wrong once in 150 000 times."""
_WHOLE = 100


def ended(setting: Setting, rollout: Rollout, outcome: str) -> None:
    setting.screen.fact(
        f"the run ended as {rollout.last['outcome']}: {rollout.last['message']}",
        holds=rollout.last["outcome"] == outcome,
    )


def as_before(setting: Setting) -> None:
    shop, screen = setting.shop, setting.screen
    screen.fact(
        "the route is as the user wrote it: spec, labels and annotations, byte for byte",
        holds=shop.route() == setting.route,
    )
    shop.wait("the canary's pods to end", lambda: not shop.canary_exists())
    screen.fact("the canary is gone: no Deployment, no pod", holds=not shop.canary_exists())


def weights(setting: Setting, steps: list[Step], planned: list[float]) -> None:
    """Each planned weight once, in order, and each share as a fair coin of that weight would give it."""
    seen = [step.weight for step in steps if step.weight]
    setting.screen.fact(f"weights in the route, in order: {_listed(seen)}", holds=seen == planned)
    for step in steps:
        if step.weight:
            share = step.canary / step.requests if step.requests else 0.0
            setting.screen.fact(
                f"at {step.weight:g} % Envoy sent {step.canary} of {step.requests} requests to {CANARY}: {share:.1%}",
                holds=is_fair(step),
            )


def is_fair(step: Step) -> bool:
    """Within 4.5 standard deviations of the binomial distribution.

    One request more is allowed on each side: those in flight at a change of weight.
    """
    share = step.weight / _WHOLE
    expected, deviation = step.requests * share, sqrt(step.requests * share * (1 - share))
    return step.requests > 0 and abs(step.canary - expected) <= _SIGMAS * deviation + 1


def nobody_harmed(setting: Setting, failures_before: int) -> None:
    failed = setting.traffic.failures() - failures_before
    setting.screen.fact(f"{failed} requests failed meanwhile", holds=failed == 0)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g} %" for value in values) or "none"
