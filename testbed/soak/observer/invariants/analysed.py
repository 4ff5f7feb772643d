from fractions import Fraction

from testbed.soak.observer.facts import Deployment, Run
from testbed.soak.observer.scene import News, Scene
from testbed.soak.tags import is_hopeless

LEEWAY = 2.0
"""Seconds that a stage may seem shorter than it was: we learn of things a moment later, and not always alike."""
ENOUGH = 60
"""Of so many requests a canary that fails at least half has five errors or fewer once in 10^10: no pass by chance."""
_ALL = Fraction(1)


class OnlyAnalysedGetsAll:
    """All the traffic is for a template that went through every stage of a run, and so are stable's pods under traffic.

    Where a person ordered `promote` the stages may be short and the canary bad; they still come in order.
    """

    name = "only-analysed-gets-all"

    def __init__(self) -> None:
        self._run = ""
        self._stages: dict[int, tuple[float, str]] = {}
        """Of this run: when each stage's weight was first written, and for which tag."""
        self._requests = 0
        self._good: set[str] = set()
        """Tags that passed, and those that their owner rolled out alone."""
        self._was: Deployment | None = None
        """Stable as it was seen last."""
        self._runs = ""
        """The tag that stable had when it was last not paused: that is what its pods are."""

    def look(self, scene: Scene) -> str | None:
        match scene.news:
            case News.ROUTE:
                return self._route(scene)
            case News.STABLE:
                return self._stable(scene)
        return None

    def _route(self, scene: Scene) -> str | None:
        if scene.released and self._runs not in self._good:
            return f"stable got all the traffic with {self._runs}, which never passed a run"
        if scene.route is None or scene.route.record is None or scene.purpose != "Stage" or scene.new == 0:
            return None
        if scene.run != self._run:
            self._run, self._stages, self._requests = scene.run, {}, scene.new_requests
        self._stages.setdefault(scene.route.record.stage, (scene.at, scene.new_tag))
        return self._everything(scene) if scene.rises and scene.new == _ALL and not scene.leap else None

    def _everything(self, scene: Scene) -> str | None:
        wrong = self._unproven(scene, scene.new_tag)
        if not wrong:
            self._good.add(scene.new_tag)
        return f"{scene.new_tag} got all the traffic, and {wrong}" if wrong else None

    def _unproven(self, scene: Scene, tag: str) -> str:
        run = scene.rollout.run if scene.rollout else None
        if run is None or run.id != self._run:
            return "the rollout knows nothing of its run"
        if others := {name for _, name in self._stages.values()} - {tag}:
            return f"earlier stages had {', '.join(sorted(others))}"
        return self._short(scene, run, len(run.plan)) or self._bad(scene, tag)

    def _short(self, scene: Scene, run: Run, stages: int) -> str:
        """Each of so many stages was there, and as long as planned."""
        for number in range(1, stages):
            if number not in self._stages:
                return f"stage {number} of {run.id} was never seen"
            stood = self._stages.get(number + 1, (scene.at, ""))[0] - self._stages[number][0]
            planned = run.plan[number - 1][1]
            if stood < planned - LEEWAY and not self._asked(scene):
                return f"stage {number} of {run.id} stood for {stood:.1f} s of {planned:.0f} s"
        return ""

    def _bad(self, scene: Scene, tag: str) -> str:
        requests = scene.new_requests - self._requests
        if not is_hopeless(tag) or requests < ENOUGH or self._asked(scene):
            return ""
        return f"it had failed at least half of {requests} requests"

    def _asked(self, scene: Scene) -> bool:
        return bool(self._stages) and scene.asked_at >= min(at for at, _ in self._stages.values())

    def _stable(self, scene: Scene) -> str | None:
        """Stable may roll to what nobody analysed only while nobody is sent there."""
        was, now, self._was = self._was, scene.stable, scene.stable
        if now is None or now.paused:
            return None
        self._runs = now.tag
        if was is None or not (was.adopted and now.adopted):
            self._good.add(now.tag)
        idle = scene.route is not None and scene.route.share == _ALL
        if now.tag in self._good or idle:
            return None
        return f"the Deployment was let go with {now.tag}, which never passed a run"
