"""Users who keep the version that chance gave them: what their cookies say, and who is drawn once more.

A cookie of the new revision says so, and keeps it. One of the old revision says in which stage it was drawn: in a later
one so many of those users get the new revision as make its share of all users exact, whoever comes when.
"""

from fractions import Fraction

from canary_operator.api.model import Model
from canary_operator.api.names import CookieName
from canary_operator.api.quantities import Duration
from canary_operator.api.status import Plan
from canary_operator.api.stickiness import ShareOfSome

_WHOLE = Fraction(1)


class Drawn(Model):
    """A stage in which users got the old revision."""

    stage: int
    """Counted from 1."""
    weight: ShareOfSome
    """What the new revision had then."""


class Cookies(Model):
    """The cookies of one stage."""

    name: CookieName | None = None
    """None: by the rollout's own name."""
    ttl: Duration
    secure: bool = True
    run: str
    """Those of another run mean nothing."""
    stage: int
    """Whoever is drawn now gets its number with the old revision."""
    earlier: tuple[Drawn, ...] = ()
    """Stages of the same run whose users are drawn once more."""


def cookies_at(plan: Plan, run: str, weight: Fraction) -> Cookies | None:
    """At 0 % and at 100 % nobody is drawn. The stage follows from the weight, which may be written again later."""
    if plan.cookie is None or not 0 < weight < _WHOLE:
        return None
    numbered = enumerate(plan.stages, start=1)
    return Cookies(
        name=plan.cookie.name,
        ttl=plan.cookie.ttl or 2 * plan.max_duration,
        secure=plan.cookie.secure,
        run=run,
        stage=sum(stage.weight <= weight for stage in plan.stages),
        earlier=tuple(Drawn(stage=at, weight=one.weight) for at, one in numbered if 0 < one.weight < weight),
    )


def once_more(share: Fraction, before: Fraction) -> Fraction:
    """Of those who got the old revision at `before` this part gets the new one at `share`.

    `before + (1 - before) * once_more(share, before) == share`, so nobody has to go back.
    """
    return max(Fraction(0), (share - before) / (_WHOLE - before))
