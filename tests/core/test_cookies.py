"""Which cookies a stage gives out, and whom it draws once more."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.rollout import Stage
from canary_operator.api.status import Plan
from canary_operator.api.stickiness import StickyCookie
from canary_operator.core.cookies import Drawn, cookies_at, once_more
from tests.doubles.worlds import a_run

SHARES = st.fractions(0, Fraction(999, 1000), max_denominator=1_000_000)


def a_plan(*percents: str, **cookie: object) -> Plan:
    stages = tuple(Stage(weight=f"{percent}%", duration=timedelta(minutes=5)) for percent in percents)
    found = StickyCookie.model_validate(cookie)
    return a_run().plan.model_copy(update={"stages": stages, "cookie": found, "max_duration": timedelta(hours=3)})


def percent(number: float) -> Fraction:
    return Fraction(str(number)) / 100


def test_each_stage_knows_the_ones_before_it() -> None:
    """A dark launch has drawn nobody, and counts as a stage all the same."""
    found = cookies_at(a_plan("0", "5", "20", "100"), "v2-1", percent(20))
    assert found is not None
    assert (found.run, found.stage, found.earlier) == ("v2-1", 3, (Drawn(stage=2, weight=percent(5)),))


@pytest.mark.parametrize("share", [0, 100])
def test_where_nobody_is_drawn_there_is_no_cookie(share: int) -> None:
    """Everybody has the same version there."""
    assert cookies_at(a_plan("0", "5", "100"), "v2-1", percent(share)) is None


def test_without_a_cookie_in_the_plan_there_is_none() -> None:
    """It is pinned when the run begins."""
    assert cookies_at(a_run().plan, "v2-1", percent(5)) is None


def test_a_cookie_outlasts_a_run_that_is_held_as_long_again() -> None:
    """Unless its time is given."""
    spans = [cookies_at(a_plan("5", "100", **given), "v2-1", percent(5)) for given in ({}, {"ttl": "4h"})]
    assert [one.ttl for one in spans if one] == [timedelta(hours=6), timedelta(hours=4)]


@given(before=SHARES, part=SHARES)
def test_a_later_share_is_exact_for_those_of_an_earlier_stage(before: Fraction, part: Fraction) -> None:
    """The new version's users stay, and this part of the others joins them."""
    share = before + (1 - before) * part
    assert once_more(share, before) == part


def test_nobody_is_taken_back() -> None:
    """A share never falls while users keep it; if it did, nobody more would be drawn."""
    assert once_more(percent(5), percent(20)) == 0
