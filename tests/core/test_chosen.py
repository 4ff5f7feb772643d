from fractions import Fraction

import pytest

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.status import Plan
from canary_operator.api.stickiness import StickyCookie
from canary_operator.core.chosen import bucket_at, carries, endings, how, match_service_at, matches_at
from tests.doubles.worlds import a_run

DECIMAL, HEXADECIMAL = CanaryBucket(header="uid"), CanaryBucket(header="uid", ids="Hexadecimal")
MATCH = CanaryMatch(method="PUT")


def a_plan(bucket: CanaryBucket | None = None, *matches: CanaryMatch) -> Plan:
    return a_run().plan.model_copy(update={"bucket": bucket, "matches": matches})


STICKY = a_plan(None, MATCH).model_copy(update={"cookie": StickyCookie()})


def at(percent: str) -> Fraction:
    return Fraction(percent) / 100


def test_everybody_needs_no_rules() -> None:
    """At 100 % nobody has to be told apart; in a dark launch nobody is in a bucket."""
    plan = a_plan(DECIMAL, MATCH)
    assert [bool(matches_at(plan, at(share))) for share in ("0", "5", "100")] == [True, True, False]
    assert [bucket_at(plan, at(share)) for share in ("0", "5", "100")] == [None, DECIMAL, None]


def test_testers_have_a_service_of_their_own_beside_a_weight_only() -> None:
    """In a dark launch they are all that the canary has, so there they are counted."""
    plan = a_plan(None, MATCH).model_copy(update={"match_service": "testers"})
    assert [match_service_at(plan, at(share)) for share in ("0", "5", "100")] == [None, "testers", None]


def test_hexadecimal_ids_come_near_to_a_percentage() -> None:
    """5 % is 13 of 256; at least one ending is in, and at least one is out."""
    assert endings(HEXADECIMAL, at("5")) == (13, 256)
    assert endings(HEXADECIMAL, at("0.1")) == (1, 256)
    assert endings(HEXADECIMAL, at("99.99")) == (255, 256)
    assert endings(DECIMAL, at("37")) == (37, 100)


@pytest.mark.parametrize(
    ("plan", "share", "said"),
    [
        (a_plan(), "5", ""),
        (a_plan(None, MATCH), "0", " and canaryMatches"),
        (a_plan(DECIMAL, MATCH), "5", " of users (5 of 100 endings of their ids) and canaryMatches"),
        (a_plan(HEXADECIMAL), "5", " of users (13 of 256 endings of their ids, 5.0781%)"),
        (a_plan(HEXADECIMAL), "25", " of users (64 of 256 endings of their ids)"),
        (a_plan(HEXADECIMAL, MATCH), "100", ""),
        (STICKY, "0", " and canaryMatches"),
        (STICKY, "5", " of users, who keep their version, and canaryMatches"),
        (STICKY, "100", ""),
    ],
)
def test_people_are_told_whom_a_weight_means(plan: Plan, share: str, said: str) -> None:
    """In the plan and in the event alike."""
    assert how(plan, at(share)) == said


def test_a_run_carries_traffic_by_its_weight_or_by_its_matches() -> None:
    """So a dark launch is given back like any other."""
    assert not carries(a_run())
    assert carries(a_run(matched=True))
    assert carries(a_run(weight=Fraction(1, 20)))
