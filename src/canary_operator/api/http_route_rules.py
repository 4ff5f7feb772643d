"""The part of `rules.py` that is about what an HTTPRoute can test of a request, and what it can't."""

from canary_operator.api.cel import Rule, quoted
from canary_operator.api.matches import MOST_MATCHES, MOST_TESTS

PATH = r"^/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F][0-9a-fA-F])*$"
"""A path as the Gateway API takes it, but for what is in `NO_PATH`."""
NO_PATH = r"//|/[.][.]?(/|$)|%2[fF]"
PARAMETER = r"^[-A-Za-z0-9!#$%&'*+.^_`|~]+$"
"""A query parameter's name as the Gateway API takes it."""

_ITEMS = f"{list(range(MOST_MATCHES))}"
_HERE = "has(self.gatewayAPI) && has(self.canaryMatches)"
_ONE = "self.canaryMatches[at]"


def _of_items(wrong: str, says: str) -> Rule:
    """`wrong` is of the item at the place `at`."""
    offends = f"at < size(self.canaryMatches) && ({wrong})"
    return Rule(f"!({_HERE}) || !{_ITEMS}.exists(at, {offends})", says, each=f"{_ITEMS}.filter(at, {offends})")


SOURCE_LABELS_NEED_ISTIO = Rule(
    f"!({_HERE}) || !self.canaryMatches.exists(one, has(one.sourceLabels))",
    "sourceLabels are asked for in canaryMatches, and an HTTPRoute knows no labels of callers: "
    "test a header that says who calls, or split a VirtualService",
)

EXPRESSION_OF_A_PATH_NEEDS_ISTIO = _of_items(
    f"has({_ONE}.path) && has({_ONE}.path.regex)",
    f'the path "{{{_ONE}.path.regex}}" is an expression, and an HTTPRoute obeys those after every prefix, even "/": '
    "give exact or prefix, or split a VirtualService",
)


def _refused(field: str) -> str:
    test = f"{_ONE}.path.{field}"
    return f"has({test}) && (!{test}.matches({quoted(PATH)}) || {test}.matches({quoted(NO_PATH)}))"


HTTP_ROUTE_TAKES_PATH = _of_items(
    f"has({_ONE}.path) && ({_refused('exact')} || {_refused('prefix')})",
    f'the path "{{has({_ONE}.path.exact) ? {_ONE}.path.exact : {_ONE}.path.prefix}}" is none that an HTTPRoute takes: '
    'begin with "/", write other characters as %20 and the like, and leave out "//", "/./", "/../" and "%2F"',
)

_PARAMS = f"self.canaryMatches[at / {MOST_TESTS}].queryParams"
_PARAM = f"{_PARAMS}[at % {MOST_TESTS}].name"
_PLACES = f"{list(range(MOST_MATCHES * MOST_TESTS))}"
"""Of every parameter in every item."""
_REFUSED_NAME = (
    f"at / {MOST_TESTS} < size(self.canaryMatches) && has({_PARAMS}) && at % {MOST_TESTS} < size({_PARAMS})"
    f" && !{_PARAM}.matches({quoted(PARAMETER)})"
)

HTTP_ROUTE_TAKES_PARAMETER = Rule(
    f"!({_HERE}) || !{_PLACES}.exists(at, {_REFUSED_NAME})",
    f'the query parameter "{{{_PARAM}}}" has a name that no HTTPRoute takes: '
    "use letters, digits and !#$%&'*+-.^_`|~, or split a VirtualService",
    each=f"{_PLACES}.filter(at, {_REFUSED_NAME})",
)

OF_HTTP_ROUTES = (
    SOURCE_LABELS_NEED_ISTIO,
    EXPRESSION_OF_A_PATH_NEEDS_ISTIO,
    HTTP_ROUTE_TAKES_PATH,
    HTTP_ROUTE_TAKES_PARAMETER,
)
