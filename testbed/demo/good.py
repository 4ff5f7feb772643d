"""A good release goes through every stage and is promoted."""

import time

from testbed.demo import facts
from testbed.demo.setting import RATE, Setting
from testbed.demo.watch import Watch
from testbed.shop import CANARY

PLANNED: list[float] = [5, 25, 50, 100]
UNSEEN = RATE
"""So many requests may be sent between the last look at Envoy's counters and the end of the canary's Service."""


def good(setting: Setting) -> None:
    shop, traffic, screen = setting.shop, setting.traffic, setting.screen
    watch, failures = Watch(setting), traffic.failures()
    release(setting, "v2")
    rollout = watch.until("the run to end", lambda seen: len(seen.outcomes) == 1)
    facts.ended(setting, rollout, "Promoted")
    facts.weights(setting, watch.steps, PLANNED)
    facts.nobody_harmed(setting, failures)
    answered = answers_of_a_second(setting)
    screen.fact(f"everybody gets {_names(answered)} now", holds=set(answered) == {"v2"})
    by_envoy = max(step.last[CANARY] for step in watch.steps)
    by_users = sum(count for pod, count in traffic.by_pod().items() if pod.startswith(CANARY))
    screen.fact(
        f"Envoy had counted {by_envoy} requests to {CANARY}; users got {by_users} answers from its pods",
        holds=0 < by_envoy <= by_users <= by_envoy + UNSEEN,
    )
    facts.as_before(setting)
    shop.until("the rollout to rest", lambda seen: seen.rests)


def release(setting: Setting, tag: str) -> None:
    setting.screen.command(f"kubectl set image deployment/checkout checkout=shop/checkout:{tag}")
    setting.shop.release(tag)


def answers_of_a_second(setting: Setting) -> dict[str, int]:
    """By version."""
    before = setting.traffic.answers()
    time.sleep(1)
    return dict(+(setting.traffic.answers() - before))


def _names(answered: dict[str, int]) -> str:
    return " and ".join(sorted(answered))
