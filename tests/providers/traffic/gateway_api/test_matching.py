import re
from typing import Any

import pytest

from canary_operator.api.matches import CanaryMatch
from canary_operator.providers.traffic.gateway_api.matching import both, match_of
from canary_operator.providers.traffic.problems import Clash
from tests.providers.traffic.gateway_api.shapes import ANYTHING

EVERY = ANYTHING[0]["path"]


def a_match(**tests: Any) -> Any:
    return match_of(CanaryMatch.model_validate(tests))


def expression(name: str, value: str) -> dict[str, str]:
    return {"name": name, "type": "RegularExpression", "value": value}


def exactly(name: str, value: str) -> dict[str, str]:
    return {"name": name, "type": "Exact", "value": value}


@pytest.mark.parametrize(
    ("tests", "written"),
    [
        ({"headers": [{"name": "x", "exact": "1"}]}, {"headers": [exactly("x", "1")]}),
        ({"headers": [{"name": "x", "prefix": "a.b"}]}, {"headers": [expression("x", r"a\.b.*")]}),
        ({"headers": [{"name": "x", "regex": "1+"}]}, {"headers": [expression("x", "1+")]}),
        ({"headers": [{"name": "x", "present": True}]}, {"headers": [expression("x", ".*")]}),
        ({"queryParams": [{"name": "v", "exact": "2"}]}, {"queryParams": [exactly("v", "2")]}),
        ({"queryParams": [{"name": "v", "present": True}]}, {"queryParams": [expression("v", ".*")]}),
        ({"path": {"exact": "/v2"}}, {"path": {"type": "Exact", "value": "/v2"}}),
        ({"path": {"prefix": "/v2"}}, {"path": {"type": "PathPrefix", "value": "/v2"}}),
        ({"method": "PUT"}, {"method": "PUT"}),
    ],
)
def test_a_test_is_written_as_the_gateway_api_writes_it(tests: Any, written: Any) -> None:
    """With its type, as the API server stores it."""
    assert a_match(**tests) == written


def test_a_cookie_is_found_in_the_header_of_all_cookies() -> None:
    """The same expression as in a VirtualService."""
    [found] = a_match(cookie={"name": "uid", "exact": "a.b"})["headers"]
    assert (found["name"], found["type"]) == ("cookie", "RegularExpression")
    fits = re.compile(found["value"]).fullmatch
    assert fits("x=1; uid=a.b;y=2")
    assert not fits("xuid=a.b")


def test_tests_are_added_to_every_alternative() -> None:
    """A match without a path has that of the API's default."""
    tests = a_match(headers=[{"name": "x", "exact": "1"}], method="GET")
    assert both([{}], tests) == [{"path": EVERY, **tests}]
    present: list[Any] = [{"path": {"type": "Exact", "value": "/a"}}, {"headers": [exactly("y", "2")], "future": 1}]
    assert both(present, tests) == [
        {"path": {"type": "Exact", "value": "/a"}, "method": "GET", "headers": [exactly("x", "1")]},
        {"path": EVERY, "method": "GET", "headers": [exactly("y", "2"), exactly("x", "1")], "future": 1},
    ]


def test_a_path_takes_the_place_of_every_path() -> None:
    """`/` is what the API server writes where nothing is tested."""
    tests = a_match(path={"prefix": "/v2"})
    assert both(ANYTHING, tests) == [{"path": {"type": "PathPrefix", "value": "/v2"}}]


@pytest.mark.parametrize(
    ("alternative", "tests", "what"),
    [
        ({"headers": [exactly("x", "2")]}, {"headers": [{"name": "x", "exact": "1"}]}, "the header x"),
        ({"headers": [{"name": "X", "value": "2"}]}, {"headers": [{"name": "x", "exact": "1"}]}, "the header x"),
        ({"headers": [expression("cookie", "a")]}, {"cookie": {"name": "x", "exact": "1"}}, "the header cookie"),
        ({"path": {"type": "PathPrefix", "value": "/v"}}, {"path": {"prefix": "/v/2"}}, "the path"),
        ({"method": "GET"}, {"method": "PUT"}, "the method"),
        ({"queryParams": [exactly("v", "1")]}, {"queryParams": [{"name": "v", "exact": "2"}]},
         "the query parameter v"),
    ],
)  # fmt: skip
def test_two_tests_of_the_same_are_a_clash(alternative: Any, tests: Any, what: str) -> None:
    """A match has room for one; leaving one of the two away would send the wrong requests."""
    assert both([{}, alternative], a_match(**tests)) == Clash(what)


def test_the_same_test_twice_is_one_test() -> None:
    """So a rule that takes the testers only can be split for them."""
    alternative = {"path": {"type": "PathPrefix", "value": "/v2/"}, "headers": [{"name": "X", "value": "1"}]}
    assert both([alternative], a_match(headers=[{"name": "x", "exact": "1"}], path={"prefix": "/v2"})) == [alternative]
