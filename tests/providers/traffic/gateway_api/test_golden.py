"""One folder per shape of HTTPRoute: `before.yaml`, `intent.yaml`, and the object at each weight.

`GOLDEN=write pytest tests/providers/traffic/gateway_api/test_golden.py` writes the answers anew, to be read as a diff.
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from canary_operator.core.actions import SetWeight
from canary_operator.core.carriers import HTTP_ROUTE
from canary_operator.core.world import Route, RouteRecord
from canary_operator.providers.traffic.gateway_api.edit import current
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.gateway_api.shapes import asked_in, at, given_back, steps
from tests.providers.traffic.golden import golden, load

FOLDERS = sorted(path for path in Path(__file__).with_name("golden").iterdir() if path.is_dir())

each_shape = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


def asked(folder: Path) -> Asked:
    return asked_in(load(folder, "intent"))


def orders(folder: Path) -> dict[str, SetWeight]:
    return steps(load(folder, "intent"))


def test_there_are_shapes() -> None:
    """The folder is found, so that the tests below have something to say."""
    assert len(FOLDERS) >= 36


@each_shape
def test_each_weight_of_a_run_gives_the_golden_object(folder: Path) -> None:
    """From stage to stage and back to 0 the object is exactly the golden one."""
    live = load(folder, "before")
    for name, order in orders(folder).items():
        live = at(live, order, asked(folder))
        assert live == golden(folder, name, live)


@each_shape
def test_the_restored_object_is_what_its_owner_wrote(folder: Path) -> None:
    """After a run, and from the middle of one, restore gives back the object before."""
    before = load(folder, "before")
    live = before
    for order in orders(folder).values():
        live = at(live, order, asked(folder))
        assert given_back(live, asked(folder)) == before


@each_shape
def test_a_weight_does_not_depend_on_the_weights_before_it(folder: Path) -> None:
    """Every raise gives the same object directly and by stages."""
    for name, order in list(orders(folder).items())[:-1]:
        assert at(load(folder, "before"), order, asked(folder)) == load(folder, name)


@each_shape
def test_the_share_that_is_read_is_the_share_that_was_written(folder: Path) -> None:
    """A look finds exactly the weight of the order, and its record."""
    untouched = current(load(folder, "before"), asked(folder))
    assert isinstance(untouched, Route)
    assert (untouched.share, untouched.record, untouched.feeds) == (Fraction(0), None, False)
    rules = len(asked(folder).rules)
    for name, order in orders(folder).items():
        mirror = None if order.copies is None else order.copies.percentage
        said = RouteRecord(order.run, order.stage, order.weight, order.purpose, bool(order.matches), mirror)
        found = current(load(folder, name), asked(folder))
        assert isinstance(found, Route)
        assert (found.share, found.record, found.lost, found.faults) == (order.weight, said, (), ())
        assert len(found.each) == rules
        assert all((part.share, part.record, part.carrier) == (order.weight, said, HTTP_ROUTE) for part in found.each)
        by_cookie = 0 if order.cookies is None else 2 + len(order.cookies.earlier)
        by_method = 0 if order.copies is None else 1 if order.copies.unsafe else 2
        before_each = len(order.matches) + (order.bucket is not None) + by_cookie + by_method
        assert len(found.matched) == rules * before_each


@each_shape
def test_only_backends_and_annotations_change(folder: Path) -> None:
    """Beside rules of ours everything comes out byte for byte as its owner wrote it, at every weight."""
    before = bare(load(folder, "before"))
    for name in orders(folder):
        assert json.dumps(bare(load(folder, name))) == json.dumps(before)


def bare(body: Any) -> Any:
    body["metadata"].pop("annotations", None)
    mine = [rule for rule in body["spec"]["rules"] if not rule.get("name", "").startswith("canary-operator-")]
    body["spec"]["rules"] = mine
    for rule in mine:
        rule.pop("backendRefs", None)
    return body
