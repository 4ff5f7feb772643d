"""Who gets the canary by what a request says, and not by chance: canary matches and a bucket of users."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from canary_operator.api.model import Model
from canary_operator.api.names import CookieName, HeaderName

MOST_MATCHES = 8
MOST_TESTS = 4

BY_NAME: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
"""One test for each name: Istio has no room for a second one."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Regex = Annotated[str, StringConstraints(min_length=1, max_length=512)]
"""RE2. Istio takes 1024 characters, and a cookie's is part of a longer one."""


class PathTest(Model):
    exact: Text | None = None
    """The path is this."""
    prefix: Text | None = None
    """The path begins with this; in an HTTPRoute by whole segments, where /cart is not /cartoon."""
    regex: Regex | None = None
    """The whole path fits this RE2 expression; not for an HTTPRoute."""


class HeaderTest(Model):
    name: HeaderName
    """Name of the header, in lowercase."""
    exact: Text | None = None
    """The value is this."""
    prefix: Text | None = None
    """The value begins with this."""
    regex: Regex | None = None
    """The whole value fits this RE2 expression."""
    present: bool | None = None
    """`true`: it is there, with any value."""


class CookieTest(Model):
    name: CookieName
    """Name of the cookie."""
    exact: Text | None = None
    """The value is this."""
    prefix: Text | None = None
    """The value begins with this."""
    regex: Regex | None = None
    """The whole value fits this RE2 expression."""
    present: bool | None = None
    """`true`: it is there, with any value."""


class ParamTest(Model):
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Name of the query parameter."""
    exact: Text | None = None
    """The value is this."""
    prefix: Text | None = None
    """The value begins with this."""
    regex: Regex | None = None
    """The whole value fits this RE2 expression."""
    present: bool | None = None
    """`true`: it is there, with any value."""


class CanaryMatch(Model):
    headers: Annotated[
        tuple[HeaderTest, ...] | None,
        Field(min_length=1, max_length=MOST_TESTS, json_schema_extra=BY_NAME),
    ] = None
    """Tests of headers."""
    cookie: CookieTest | None = None
    """A test of a cookie."""
    query_params: Annotated[
        tuple[ParamTest, ...] | None,
        Field(min_length=1, max_length=MOST_TESTS, json_schema_extra=BY_NAME),
    ] = None
    """Tests of parameters in the query string."""
    path: PathTest | None = None
    """A test of the path, without the query string."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = None
    """The request's method."""
    source_labels: (
        Annotated[
            dict[str, Annotated[str, StringConstraints(max_length=63)]],
            Field(min_length=1, max_length=MOST_TESTS),
        ]
        | None
    ) = None
    """Labels of the calling pod, which the mesh's sidecars know; not for an HTTPRoute."""


class CanaryBucket(Model):
    header: HeaderName | None = None
    """Header that carries the user's number; give this or `cookie`."""
    cookie: CookieName | None = None
    """Cookie that carries the user's number; give this or `header`."""
    ids: Literal["Decimal", "Hexadecimal"] = "Decimal"
    """What the numbers are. The canary gets those whose last two digits are below the stage's weight: in percent, or
    for hexadecimal ones in 256ths. Dashes in hexadecimal ones, as in a UUID, don't count."""
