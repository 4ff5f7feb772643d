"""One folder per shape of VirtualService: `before.yaml`, `intent.yaml`, and the object at each weight.

`GOLDEN=write pytest tests/providers/traffic/istio/test_golden.py` writes the answers anew, to be read as a diff.
"""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Route, RouteRecord
from canary_operator.providers.traffic.istio.edit import current
from canary_operator.providers.traffic.istio.routes import Asked
from tests.providers.traffic.golden import golden, load
from tests.providers.traffic.istio.shapes import asked_in, at, given_back, orders_in

FOLDERS = sorted(path for path in Path(__file__).with_name("golden").iterdir() if path.is_dir())

each_shape = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


def asked(folder: Path) -> Asked:
    return asked_in(load(folder, "intent"))


def steps(folder: Path) -> list[tuple[str, SetWeight]]:
    return [*orders_in(load(folder, "intent")).items()]


def test_there_are_shapes() -> None:
    """The folder is found, so that the tests below, and the one that asks Istio itself, have something to say."""
    assert len(FOLDERS) > 60


@pytest.mark.parametrize("kind", ["http", "tls", "tcp"])
def test_only_the_selected_kind_of_route_changes(kind: str) -> None:
    """A block beside it comes out byte for byte as its owner wrote it, at every weight."""
    for folder in FOLDERS:
        intent, before = load(folder, "intent"), load(folder, "before")
        selected = next((lower for lower in ("tls", "tcp") if lower in intent), "http")
        if kind != selected:
            for name, _ in steps(folder):
                assert json.dumps(load(folder, name)["spec"].get(kind)) == json.dumps(before["spec"].get(kind))


@each_shape
def test_each_weight_of_a_run_gives_the_golden_object(folder: Path) -> None:
    """From stage to stage and back to 0 the object is exactly the golden one."""
    live = load(folder, "before")
    for name, order in steps(folder):
        live = at(live, order, asked(folder))
        assert live == golden(folder, name, live)


@each_shape
def test_the_restored_object_is_what_its_owner_wrote(folder: Path) -> None:
    """After a run, and from the middle of one, restore gives back the object before."""
    before = load(folder, "before")
    live = before
    for _, order in steps(folder):
        live = at(live, order, asked(folder))
        assert given_back(live, asked(folder)) == before


@each_shape
def test_a_weight_does_not_depend_on_the_weights_before_it(folder: Path) -> None:
    """Every raise gives the same object directly and by stages."""
    for name, order in steps(folder)[:-1]:
        assert at(load(folder, "before"), order, asked(folder)) == load(folder, name)


@each_shape
def test_the_share_that_is_read_is_the_share_that_was_written(folder: Path) -> None:
    """A look finds exactly the weight of the order, and its record."""
    untouched = current(load(folder, "before"), asked(folder))
    assert isinstance(untouched, Route)
    assert (untouched.share, untouched.record, untouched.feeds) == (Fraction(0), None, False)
    for name, order in steps(folder):
        route = current(load(folder, name), asked(folder))
        assert isinstance(route, Route)
        assert route.record is not None
        mirror = None if order.copies is None else order.copies.percentage
        said = RouteRecord(order.run, order.stage, order.weight, order.purpose, bool(order.matches), mirror)
        assert (route.share, route.record, route.lost) == (order.weight, said, ())
        assert all((part.share, part.record) == (order.weight, said) for part in route.each)
        rules = len(asked(folder).routes)
        assert len(route.each) == rules
        by_cookie = 0 if order.cookies is None else 2 + len(order.cookies.earlier)
        others = (order.bucket is not None) + (order.copies is not None)
        assert len(route.matched) == rules * (len(order.matches) + others + by_cookie)
