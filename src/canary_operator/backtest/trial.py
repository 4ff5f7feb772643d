"""One run over recorded looks: folded and judged look by look, and what each metric said meanwhile."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from canary_operator.api.evidence import Evidence
from canary_operator.backtest.by_metric import Found, found, nearness
from canary_operator.backtest.course import Course
from canary_operator.backtest.looks import Looks
from canary_operator.core.evidence.judge import Judgement, begin, fold, judge, new_stage
from canary_operator.core.evidence.sample import Sample


@dataclass(frozen=True, slots=True)
class Replay:
    """How one run would have ended."""

    began: datetime
    """Just before the canary's first request."""
    ended: datetime
    """The last look at it."""
    harm_at: datetime | None
    """When it would have been taken back; None: it would not."""
    sentence: str
    requests: float
    """Of the canary, until then."""
    trace: tuple[float, ...]
    """The evidence after each look, as a part of what is a breach."""
    metrics: tuple[Found, ...] = ()
    """What each metric said."""
    held_at: datetime | None = None
    """When a metric that is not critical would first have made it wait for a person; None: none did."""
    warning: str = ""
    """That metric's sentence."""


@dataclass(slots=True)
class Trial:
    """Told of looks, in order."""

    course: Course
    began: datetime
    evidence: Evidence = field(init=False)
    at: datetime = field(init=False)
    judgement: Judgement | None = None
    _stage: int = 0
    _trace: list[float] = field(default_factory=list)
    _near: dict[str, list[float]] = field(default_factory=dict)
    _held: tuple[datetime, str] | None = None

    def __post_init__(self) -> None:
        self.evidence = begin().model_copy(update={"phi": self.course.phi})
        self.at = self.began

    @property
    def harmed(self) -> bool:
        return self.judgement is not None and self.judgement.harm

    def look(self, sample: Sample, at: datetime, *, has_baseline: bool = True) -> None:
        """One look later."""
        self.take(sample, at, has_baseline=has_baseline)
        terms = self.course.terms[self._stage]
        verdict = self.judgement = judge(self.evidence, terms)
        self._trace.append(verdict.e_value / verdict.bound)
        for name, near in nearness(self.evidence, terms, verdict).items():
            self._near.setdefault(name, []).append(near)
        if verdict.warning and self._held is None:
            self._held = (at, verdict.warning)

    def take(self, sample: Sample, at: datetime, *, has_baseline: bool = True) -> None:
        """Count one look in, without judging it: the counters to begin from."""
        if (stage := self.course.stage_at(at - self.began)) != self._stage:
            self.evidence, self._stage = new_stage(self.evidence), stage
        terms = self.course.terms[stage]
        self.evidence = fold(self.evidence, sample, terms, clean_from=self.began, has_baseline=has_baseline)
        self.at = at

    def outcome(self, looks: Looks, requests: float) -> Replay:
        """As it stands."""
        held_at, warning = self._held or (None, "")
        return Replay(
            self.began,
            self.at,
            self.at if self.harmed else None,
            "" if self.judgement is None else self.judgement.sentence,
            requests,
            tuple(self._trace),
            self._found(looks),
            held_at,
            warning,
        )

    def _found(self, looks: Looks) -> tuple[Found, ...]:
        if self.judgement is None:
            return ()
        every = found(self.evidence, self.course.terms[self._stage], looks, (self.began, self.at), self.judgement)
        return tuple(replace(one, trace=tuple(self._near.get(one.name, ()))) for one in every)
