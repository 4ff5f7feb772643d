"""Whose a rule is, by entries of any version."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.holders import holder


def live(record: Any) -> dict[str, Any]:
    return {"metadata": {"annotations": {ANNOTATION: json.dumps(record)}}}


def is_admin(part: Mapping[str, Any]) -> bool:
    return part.get("rule") == "admin"


@pytest.mark.parametrize(
    ("entry", "holds"),
    [
        ({"rule": "admin"}, True),
        ({"rule": "primary"}, False),
        ({"rule": "primary", "more": [{"rule": "web"}, {"rule": "admin"}]}, True),
        ({"rule": "primary", "more": [7]}, False),
        ({"rule": "admin", "more": 7}, True),
        ([], False),
    ],
)
def test_every_rule_of_an_entry_is_held(entry: Any, holds: bool) -> None:
    """The first stands in the entry itself, the others in `more`; what can't be read holds nothing."""
    found = holder(live({"shop/cart": entry}), "shop/checkout", is_admin)
    assert found == ("shop/cart" if holds else None)


def test_a_rollout_is_not_in_its_own_way() -> None:
    """Only others hold a rule, and where nobody can read the record nobody does."""
    assert holder(live({"shop/checkout": {"rule": "admin"}}), "shop/checkout", is_admin) is None
    assert holder(live(7), "shop/checkout", is_admin) is None
