import re
from typing import Any

import pytest

from canary_operator.api.matches import CanaryMatch
from canary_operator.providers.traffic.istio.matching import block_of, both
from canary_operator.providers.traffic.problems import Clash


def a_block(**tests: Any) -> Any:
    return block_of(CanaryMatch.model_validate(tests))


def cookie(**test: Any) -> Any:
    """Whether a Cookie header passes."""
    return re.compile(a_block(cookie={"name": "uid", **test})["headers"]["cookie"]["regex"]).fullmatch


@pytest.mark.parametrize(
    ("tests", "written"),
    [
        ({"headers": [{"name": "x", "exact": "1"}]}, {"headers": {"x": {"exact": "1"}}}),
        ({"headers": [{"name": "x", "prefix": "1"}]}, {"headers": {"x": {"prefix": "1"}}}),
        ({"headers": [{"name": "x", "regex": "1+"}]}, {"headers": {"x": {"regex": "1+"}}}),
        ({"headers": [{"name": "x", "present": True}]}, {"headers": {"x": {}}}),
        ({"queryParams": [{"name": "v", "exact": "2"}]}, {"queryParams": {"v": {"exact": "2"}}}),
        ({"path": {"regex": "/v[23]/.*"}}, {"uri": {"regex": "/v[23]/.*"}}),
        ({"method": "PUT"}, {"method": {"exact": "PUT"}}),
        ({"sourceLabels": {"app": "basket"}}, {"sourceLabels": {"app": "basket"}}),
    ],
)
def test_a_test_is_written_as_istio_writes_it(tests: Any, written: Any) -> None:
    """One StringMatch for each; an empty one is passed by any value."""
    assert a_block(**tests) == written


def test_a_cookie_is_found_among_others() -> None:
    """By its whole name and its whole value, in any place."""
    fits = cookie(exact="a.b")
    assert all(fits(header) for header in ("uid=a.b", "x=1; uid=a.b", "uid=a.b; x=1", "x=1;uid=a.b;y=2"))
    assert not any(fits(header) for header in ("uid=axb", "uid=a.bc", "xuid=a.b", "x=uid=a.b", "uid=", ""))


def test_a_cookie_is_tested_by_prefix_regex_and_presence() -> None:
    """A value ends with its semicolon."""
    assert cookie(prefix="a")("uid=abc; x=1")
    assert not cookie(prefix="a")("uid=b; x=a")
    assert cookie(regex="a|b")("x=1; uid=b")
    assert not cookie(regex="a|b")("uid=ab")
    assert cookie(present=True)("x=1; uid=")
    assert not cookie(present=True)("x=1")


def test_tests_are_added_to_every_alternative() -> None:
    """A rule without a match takes everything, so its clone takes what passes the tests."""
    tests = a_block(headers=[{"name": "x", "exact": "1"}], method="GET")
    assert both([], tests) == [tests]
    found = both([{"uri": {"prefix": "/a"}}, {"headers": {"y": {"exact": "2"}}, "future": 1}], tests)
    assert found == [
        {"uri": {"prefix": "/a"}, "headers": {"x": {"exact": "1"}}, "method": {"exact": "GET"}},
        {"headers": {"y": {"exact": "2"}, "x": {"exact": "1"}}, "future": 1, "method": {"exact": "GET"}},
    ]


@pytest.mark.parametrize(
    ("alternative", "tests", "what"),
    [
        ({"headers": {"x": {"exact": "2"}}}, {"headers": [{"name": "x", "exact": "1"}]}, "the header x"),
        ({"headers": {"X": {"exact": "2"}}}, {"headers": [{"name": "x", "exact": "1"}]}, "the header x"),
        ({"headers": {"cookie": {"regex": "a"}}}, {"cookie": {"name": "x", "exact": "1"}}, "the header cookie"),
        ({"uri": {"prefix": "/"}}, {"path": {"prefix": "/v2"}}, "the path"),
        ({"method": {"exact": "GET"}}, {"method": "PUT"}, "the method"),
        ({"queryParams": {"v": {"exact": "1"}}}, {"queryParams": [{"name": "v", "exact": "2"}]},
         "the query parameter v"),
        ({"sourceLabels": {"app": "a"}}, {"sourceLabels": {"app": "b"}}, "the source label app"),
    ],
)  # fmt: skip
def test_two_tests_of_the_same_are_a_clash(alternative: Any, tests: Any, what: str) -> None:
    """Istio has room for one; leaving one of the two away would send the wrong requests."""
    assert both([{}, alternative], a_block(**tests)) == Clash(what)


def test_the_same_test_twice_is_one_test() -> None:
    """So a rule that takes the testers only can be split for them."""
    alternative = {"headers": {"x": {"exact": "1"}}}
    assert both([alternative], a_block(headers=[{"name": "x", "exact": "1"}])) == [alternative]
