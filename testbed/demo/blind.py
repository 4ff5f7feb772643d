"""Prometheus stops in the middle of a good release: nobody can judge, so nothing moves until somebody can again."""

import time

from testbed.demo import facts
from testbed.demo.good import PLANNED, answers_of_a_second, release
from testbed.demo.setting import Setting
from testbed.demo.watch import Watch

_STAGE = 10.0
"""Seconds that the stage would have lasted at most: by then a careless operator has gone on."""


def blind(setting: Setting) -> None:
    shop, traffic, screen = setting.shop, setting.traffic, setting.screen
    watch, runs, failures = Watch(setting), len(shop.rollout().outcomes), traffic.failures()
    release(setting, "v4")
    watch.until("the second stage", lambda seen: seen.stage == "2/4" and shop.weight() == PLANNED[1])
    _stop_prometheus(setting, watch)
    rollout = watch.until("the run to end", lambda seen: len(seen.outcomes) > runs)
    facts.ended(setting, rollout, "Promoted")
    facts.weights(setting, watch.steps, PLANNED)
    facts.nobody_harmed(setting, failures)
    answered = answers_of_a_second(setting)
    screen.fact(f"everybody gets {' and '.join(sorted(answered))} now", holds=set(answered) == {"v4"})
    facts.as_before(setting)


def _stop_prometheus(setting: Setting, watch: Watch) -> None:
    """For longer than the stage."""
    screen = setting.screen
    screen.command("python -m testbed stop prometheus")
    setting.cluster.stop("prometheus")
    stopped = time.monotonic()
    held = watch.until("the run to hold", lambda seen: seen.held)
    screen.fact(f"it holds, and says why: {held.reason}: {held.message}", holds=held.reason.startswith("Metrics"))
    over = watch.until("the stage's time", lambda _: time.monotonic() - stopped > _STAGE)
    weight = watch.steps[-1].weight
    screen.fact(
        f"{_STAGE:.0f} s later, longer than the stage, it still holds at {weight:g} %",
        holds=over.held and weight == PLANNED[1],
    )
    screen.command("python -m testbed start prometheus")
    setting.cluster.start("prometheus")
    watch.until("the hold to end", lambda seen: not seen.held)
