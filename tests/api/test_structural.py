from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.quantities import Duration
from canary_operator.api.structural import Unsupported, structural

Short = Annotated[str, Field(max_length=5)]


class Colour(StrEnum):
    """Of a thing."""

    RED = "Red"


class Inner(Model):
    """Said of the class."""

    text: Short
    """Said of
    the text."""


class Outer(Model):
    inner: Inner
    """Said of the field."""
    perhaps: Inner | None = None
    """Optional."""
    colours: Annotated[tuple[Colour, ...], Field(max_length=3)] = ()
    """A list."""
    by_name: Annotated[dict[str, Inner], Field(max_length=4)]
    """A map."""
    constant: Literal["only"]
    """One choice."""
    narrow: Annotated[int, Field(ge=1, le=60)] = 1
    """A small number."""
    wide: int
    """A large number."""
    share: float
    """A measured number."""
    at: datetime
    """A time."""
    sure: bool = False
    """A fact."""


PROPERTIES = structural(Outer)["properties"]


def test_references_are_written_out() -> None:
    """What is said of the field wins over what is said of its class."""
    inner = PROPERTIES["inner"]
    assert inner["properties"]["text"]["maxLength"] == 5
    assert inner["description"] == "Said of the field."


def test_descriptions_stand_on_one_line() -> None:
    """Line breaks of the source mean nothing to the reader of `kubectl explain`."""
    assert PROPERTIES["inner"]["properties"]["text"]["description"] == "Said of the text."


def test_what_may_be_left_out_is_not_nullable() -> None:
    """None is written by leaving the field out, so null is never sent."""
    assert "perhaps" not in structural(Outer)["required"]
    assert PROPERTIES["perhaps"]["type"] == "object"
    assert not {"nullable", "anyOf", "default"} & PROPERTIES["perhaps"].keys()


def test_choices_are_enumerations() -> None:
    """One choice is a list of one."""
    assert PROPERTIES["constant"]["enum"] == ["only"]
    assert PROPERTIES["colours"]["items"]["enum"] == ["Red"]


def test_lists_belong_to_one_writer_by_default() -> None:
    """Merging two people's stages would make a plan that nobody wrote."""
    assert PROPERTIES["colours"]["x-kubernetes-list-type"] == "atomic"


def test_maps_are_bounded() -> None:
    """A map's values have one schema, and their number an end."""
    by_name = PROPERTIES["byName"]
    assert by_name["maxProperties"] == 4
    assert by_name["additionalProperties"]["properties"]["text"]["type"] == "string"


def test_numbers_say_how_wide_they_are() -> None:
    """Clients in other languages choose their types by it."""
    formats = {name: PROPERTIES[name]["format"] for name in ("narrow", "wide", "share", "at")}
    assert formats == {"narrow": "int32", "wide": "int64", "share": "double", "at": "date-time"}


def test_defaults_are_written_as_the_api_writes_them() -> None:
    """A span of time is a text such as 1m, not seconds."""

    class Timed(Model):
        wait: Duration = timedelta(minutes=1)
        """A wait."""

    assert structural(Timed)["properties"]["wait"]["default"] == "1m"


class Undescribed(Model):
    text: Short


class Unbounded(Model):
    text: str
    """A text of any length."""


class Endless(Model):
    texts: tuple[Short, ...]
    """A list of any length."""


class Union(Model):
    either: Short | int
    """One of two types."""


class Exclusive(Model):
    number: Annotated[int, Field(gt=0)]
    """A bound that the API server can't read."""


class Pair(Model):
    pair: tuple[int, bool]
    """Items of different types."""


@pytest.mark.parametrize("model", [Undescribed, Unbounded, Endless, Union, Exclusive, Pair])
def test_any_other_construct_is_an_error_that_names_the_field(model: type[Model]) -> None:
    """Nothing reaches the API server by luck."""
    with pytest.raises(Unsupported, match=rf"{model.__name__}\.\w+: "):
        structural(model)
