"""A bad release is taken back, and what it cost is counted from the users' side."""

from typing import Any

import yaml

from testbed.demo import facts
from testbed.demo.good import answers_of_a_second, release
from testbed.demo.setting import YAML, Setting
from testbed.demo.watch import Watch

TAG = "v3-e5"
_LEAST_WEIGHT = 10
_STAGES = '{"spec": {"stages": [{"weight": "10%", "duration": "30s"}, {"weight": "50%", "duration": "10s"}]}}'
"""Four errors can come together at 5 % as well; from 10 % on, what is caught is caught where the story says."""


def bad(setting: Setting) -> None:
    """5 % of its requests fail, those of the stable version don't."""
    shop, traffic, screen = setting.shop, setting.traffic, setting.screen
    watch, runs, stable = Watch(setting), len(shop.rollout().outcomes), shop.pods()
    screen.command(f"kubectl patch canaryrollout checkout --type merge --patch '{_STAGES}'")
    shop.kubectl("patch", "canaryrollout", "checkout", "--type", "merge", "--patch", _STAGES)
    release(setting, TAG)
    rollout = watch.until("the run to end", lambda seen: len(seen.outcomes) > runs)
    facts.ended(setting, rollout, "RolledBack")
    highest = max(step.weight for step in watch.steps)
    screen.fact(f"it was caught at {highest:g} %", holds=highest >= _LEAST_WEIGHT)
    answered = answers_of_a_second(setting)
    screen.fact(f"everybody gets {' and '.join(sorted(answered))} now", holds=set(answered) == {"v2"})
    screen.fact("the stable pods never changed", holds=shop.pods() == stable)
    facts.as_before(setting)
    _cost(setting, traffic.summary())
    screen.command("kubectl apply -f checkout.yaml")
    shop.apply(yaml.safe_load(YAML.read_text(encoding="utf-8")))


def _cost(setting: Setting, summary: dict[str, Any]) -> None:
    """From the users' own record."""
    canary, failed = summary["versions"][TAG], summary["versions"][TAG]["failed"]
    setting.screen.fact(
        f"{failed} of {canary['answered']} requests that the canary answered failed: so many users saw an error",
        holds=failed > 0,
    )
    seconds = canary["last"] - canary["first_failure"]
    setting.screen.say(f"  {seconds:.1f} s passed from the first failed response to the canary's last response")
