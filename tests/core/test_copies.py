from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api.mirror import Mirror
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Run
from canary_operator.core.chosen import carries, has_users, is_dark
from canary_operator.core.copies import Copies, copies_at, judged_copies, mirrors, of_what
from tests.doubles.worlds import a_run

FIFTH = Fraction(1, 5)
MIRROR = Stage(mirror=FIFTH, duration=timedelta(minutes=5))
USERS = Stage(weight=Fraction(1, 20), duration=timedelta(minutes=5))


def a_mirror(stage: int = 1, *, unsafe: bool = False, **run: object) -> Run:
    plan = a_run().plan.model_copy(update={"stages": (MIRROR, USERS), "mirror": Mirror(allow_unsafe=unsafe)})
    return a_run().model_copy(update={"plan": plan, "stage": stage, "weight": Fraction(0), **run})


def test_a_mirror_is_no_dark_launch() -> None:
    """Its requests are a fair sample, and as many pods are needed as answer them."""
    assert not is_dark(MIRROR)
    assert (MIRROR.load, USERS.load) == (FIFTH, Fraction(1, 20))


def test_copies_are_requests_and_no_users() -> None:
    """By our last word, not by the plan."""
    assert not carries(a_mirror())
    assert carries(a_mirror(mirror=FIFTH))
    assert not has_users(a_mirror(mirror=FIFTH))


@pytest.mark.parametrize(
    ("stage", "mirror", "judged"), [(1, None, None), (1, FIFTH, FIFTH), (2, FIFTH, None), (2, None, None)]
)
def test_copies_are_judged_while_the_stage_is_about_them(
    stage: int, mirror: Fraction | None, judged: Fraction | None
) -> None:
    """While the first users are prepared for, others count already, who see no copy."""
    run = a_mirror(stage, mirror=mirror)
    assert judged_copies(run) == judged
    assert mirrors(run) == (stage == 1)


def test_what_is_copied_is_said_and_ordered() -> None:
    """GET and HEAD, unless the rollout allows all."""
    assert (
        of_what(a_mirror().plan, MIRROR)
        == "copies of 20% of the requests that are GET or HEAD (nobody sees its answers)"
    )
    assert of_what(a_mirror(unsafe=True).plan, MIRROR).startswith("copies of 20% of the requests of any method")
    assert of_what(a_mirror().plan, USERS) == ""
    assert copies_at(a_mirror(unsafe=True).plan, FIFTH) == Copies(percentage=FIFTH, unsafe=True)
    assert copies_at(a_mirror().plan, None) is None
