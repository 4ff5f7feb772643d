import re

import pytest

from canary_operator.api.promql import KNOWN, filled, placeholders

EVERY = "sum(x{n='$namespace',w='$workload',s='$service',p=~'$pods',a='$arm'}[$interval])"


def test_every_placeholder_is_found_once_in_its_order() -> None:
    assert list(placeholders(EVERY)) == ["namespace", "workload", "service", "pods", "arm", "interval"]


def test_a_placeholder_ends_where_its_word_ends() -> None:
    assert re.fullmatch(KNOWN, "x{a='$arm-1'}")
    assert filled("$arm-1 $armed", {"arm": "canary"}) == "canary-1 $armed"
    assert not re.fullmatch(KNOWN, "x{a='$armed'}")


@pytest.mark.parametrize("text", ["$", "$1", "${arm}", "$Arm", "a$", "$names"])
def test_what_is_none_is_refused(text: str) -> None:
    """A typing mistake would be asked literally, and find nothing for ever."""
    assert not re.fullmatch(KNOWN, text)


def test_two_dollars_are_one() -> None:
    assert re.fullmatch(KNOWN, "x=~'.*$$'")
    assert filled("x=~'.*$$' $$arm", {}) == "x=~'.*$' $arm"


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert filled("$arm", {"arm": "$service", "service": "s"}) == "$service"
