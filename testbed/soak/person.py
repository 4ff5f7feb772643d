"""One person with one shop: releases without an end, orders on the way, and sets right what holds."""

import threading
import time
from collections.abc import Callable
from random import Random

from testbed.errors import TestbedError
from testbed.shop import CANARY, Manifest, Rollout, Shop, rollout
from testbed.soak import tags
from testbed.soak.chronicle import Chronicle, Phase
from testbed.soak.hands import Hands
from testbed.soak.mischief import cause

STAGES = (("20%", "4s"), ("50%", "4s"), ("100%", "3s"))
LONG = 40.0
"""Seconds after which a person looks why a run is not over."""
REST = 120.0
_GLANCE = 0.3
_ACTS = {
    "mischief": 45,
    "abort": 8,
    "promote": 10,
    "pause": 10,
    "commit": 12,
    "late commit": 14,
    "revert": 8,
    "delete": 5,
}


def manifest() -> Manifest:
    return rollout(STAGES, {"minCanaryRequests": 10, "maxExtension": "10s"}, {"progressDeadline": "10s"})


class Person:
    def __init__(self, shop: Shop, chronicle: Chronicle, chance: Random, over: threading.Event) -> None:
        self._shop, self._chronicle, self._chance, self._over = shop, chronicle, chance, over
        self._hands = Hands(shop.cluster.state, shop.namespace)
        self._number = 1

    def live(self) -> None:
        """Until the soak is over; then everything is brought to rest."""
        while not self._over.is_set():
            try:
                self._release_and_watch()
            except TestbedError as error:
                self._note(f"in vain: {str(error)[:200]}")
        self._settle()

    def _release_and_watch(self) -> None:
        self._bring_to_rest(LONG)
        if self._over.is_set():
            return
        self._ship(self._next_tag())
        for _ in range(self._chance.choice((0, 1, 1, 2))):
            self._over.wait(self._chance.uniform(0.5, 9))
            if not self._rollout().run or self._over.is_set():
                break
            self._act()
        self._bring_to_rest(LONG)

    def _next_tag(self) -> str:
        self._number += 1
        return tags.draw(self._chance, self._number)

    def _ship(self, tag: str) -> None:
        self._note(f"release of {tag}")
        self._hands.release(tag)

    def _act(self) -> None:
        what = self._chance.choices(list(_ACTS), weights=list(_ACTS.values()))[0]
        match what:
            case "mischief":
                spare = _stable_is_beside(self._rollout())
                cause(self._chronicle, self._hands, self._shop.namespace, self._chance, spare_canary=spare)
            case "commit":
                self._ship(self._next_tag())
            case "late commit":
                self._commit_in_promotion()
            case "revert":
                self._set_back()
            case "delete":
                self._begin_anew()
            case "promote" if not tags.is_good(self._hands.tag()):
                pass
            case "pause":
                self._order("pause")
                self._over.wait(self._chance.uniform(0.5, 6))
                self._order("resume")
            case verb:
                self._order(verb)

    def _commit_in_promotion(self) -> None:
        """When there is no way back any more; a run that ends before has none."""
        if self._until(lambda: self._rollout().state == "Promoting" or self._rests(), LONG):
            self._over.wait(self._chance.uniform(0, 2))
            if self._rollout().state == "Promoting":
                self._ship(self._next_tag())

    def _order(self, verb: str) -> None:
        self._note(f"order: {verb}")
        self._hands.order(verb)

    def _set_back(self) -> None:
        """To what stable runs, or in the middle of a promotion to what is being promoted."""
        tag = self._hands.tag(CANARY) if _stable_is_beside(self._rollout()) else self._hands.running()
        if tag and tag != self._hands.tag():
            self._note(f"the template is set back to {tag}")
            self._hands.release(tag)

    def _begin_anew(self) -> None:
        with self._chronicle.fault("the CanaryRollout deleted and made again", self._shop.namespace) as fault:
            fault.enters(Phase.STANDS)
            self._hands.delete_rollout()
            self._until(lambda: not self._rollout().body, REST)
            self._hands.release(self._hands.running())
            self._hands.let_go()
            self._hands.create_rollout(manifest())
            self._until(lambda: self._rollout().rests, REST)

    def _bring_to_rest(self, patience: float) -> None:
        """Acts where a person has to, each time that it stands still for so long."""
        tries = 0
        while not self._until(self._may_ship, patience if not tries else patience / 4) and not self._over.is_set():
            tries += 1
            self._unblock(tries)

    def _settle(self) -> None:
        """Everything has to end now: runs that would go on are aborted."""
        self._note("settling")
        deadline, tries = time.monotonic() + REST, 0
        while time.monotonic() < deadline:
            try:
                if self._until(self._rests, LONG / 4):
                    return
                tries += 1
                self._unblock(tries)
            except TestbedError as error:
                self._note(f"in vain: {str(error)[:200]}")

    def _may_ship(self) -> bool:
        """At rest, or after a failure while the canary stands in for stable."""
        seen = self._rollout()
        return self._rests() or (seen.state == "StandingIn" and seen.reason in {"RolledBack", "Aborted"})

    def _rests(self) -> bool:
        """And speaks of the template that is there."""
        seen = self._rollout()
        deployment = self._shop.deployment() or {"metadata": {"generation": 0}}
        known: int = seen.status.get("workload", {}).get("observedGeneration", 0)
        return seen.rests and known >= deployment["metadata"]["generation"]

    def _unblock(self, tries: int) -> None:
        """As docs/operations.md says, and by harder means when that did not help."""
        seen = self._rollout()
        self._note(f"what now? {seen.state} {seen.reason}: {seen.message[:120]}")
        if not seen.body:
            self._hands.create_rollout(manifest())
        elif seen.state == "Outside":
            self._set_back()
            self._hands.let_go()
        elif tries > 4:  # noqa: PLR2004 -- orders did not help
            self._begin_anew()
        elif seen.reason == "PromotionBreach":
            self._ship(f"v{self._number}-mended")
        elif seen.state == "StandingIn" and seen.reason != "TrafficPulled":
            self._set_back()
        elif seen.reason in {"Paused", "TrafficPulled", "WeightDrifted", "CanaryNotReady"} and tries == 1:
            self._order("resume")
        elif seen.held and tries == 1 and tags.is_good(self._hands.tag()):
            self._order("promote")
        else:
            self._order("abort")

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if condition():
                    return True
            except TestbedError:
                pass  # the API server is away; it comes back
            time.sleep(_GLANCE)
        return False

    def _rollout(self) -> Rollout:
        return self._shop.rollout()

    def _note(self, what: str) -> None:
        self._chronicle.note(what, self._shop.namespace)


def _stable_is_beside(seen: Rollout) -> bool:
    """The stable revision, or what is about to be it, is in the canary's pods."""
    return seen.state in {"Promoting", "StandingIn"} or bool((seen.status.get("run") or {}).get("reversed"))
