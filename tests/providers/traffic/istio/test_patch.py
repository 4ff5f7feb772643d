from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.traffic.istio.patch import operations
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
)

STABLE = a_destination("checkout", 100)


def paths(before: Any, after: Any) -> list[str]:
    return [f"{each['op']} {each['path']}" for each in operations(before, after)]


def test_alike_objects_need_no_operations() -> None:
    """No difference, no patch."""
    live = a_virtual_service(a_rule(STABLE))
    assert operations(live, a_virtual_service(a_rule(STABLE))) == []


def test_the_first_edit_touches_weights_and_annotation_only() -> None:
    """Missing parents are created, and whatever is reached by number is tested by name before."""
    live = a_virtual_service(a_rule(STABLE, name="other"), a_rule(STABLE, name="primary"))
    after = at(live, a_weight(5), a_split("primary"))
    assert paths(live, after) == [
        "add /metadata/annotations",
        "test /spec/http/1/name",
        "test /spec/http/1/route/0/destination/host",
        "add /spec/http/1/route/0/weight",
        "add /spec/http/1/route/1",
    ]


def test_a_later_edit_tests_both_hosts() -> None:
    """Rule and both destinations are tested; the annotation's slash is escaped."""
    live = at(a_virtual_service(a_rule(STABLE, name="primary")), a_weight(5))
    assert paths(live, at(live, a_weight(25))) == [
        "add /metadata/annotations/canary-operator.dev~1route",
        "test /spec/http/0/name",
        "test /spec/http/0/route/0/destination/host",
        "add /spec/http/0/route/0/weight",
        "test /spec/http/0/route/1/destination/host",
        "add /spec/http/0/route/1/weight",
    ]


def test_of_two_subsets_of_one_host_the_right_one_is_tested() -> None:
    """The host alone would not tell them apart."""
    stable, between = {"destination": {"host": "checkout", "subset": "v1"}}, {"stable": "v1", "canary": "v2"}
    live = at(a_virtual_service(a_rule(stable, name="primary")), a_weight(5), a_split(subsets=between))
    after = at(live, a_weight(25), a_split(subsets=between))
    tested = [each for each in operations(live, after) if each["op"] == "test" and "subset" in each["path"]]
    assert [each["value"] for each in tested] == ["v1", "v2"]


def test_restore_removes_our_destination_by_its_host() -> None:
    """A removal by number is tested too, and the annotations go when they were ours alone."""
    live = at(a_virtual_service(a_rule(a_destination("checkout"))), a_weight(5))
    assert paths(live, given_back(live)) == [
        "remove /metadata/annotations",
        "test /spec/http/0/route/0/destination/host",
        "remove /spec/http/0/route/0/weight",
        "test /spec/http/0/route/1/destination/host",
        "remove /spec/http/0/route/1",
    ]


def test_a_patch_does_not_land_on_a_neighbour() -> None:
    """When somebody put a rule before ours, the patch fails as a whole."""
    live = a_virtual_service(a_rule(STABLE, name="primary"))
    patch = operations(live, at(live, a_weight(5)))
    moved = a_virtual_service(a_rule(STABLE, name="first"), a_rule(STABLE, name="primary"))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(moved, patch)


values = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["", "a", "a/b", "m~n"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "a/b", "m~n", "weight"]), inner, max_size=3)
        | st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"route": inner})
        | st.fixed_dictionaries({"destination": st.fixed_dictionaries({"host": st.sampled_from("xyz")})})
    ),
    max_leaves=12,
)
bodies = st.dictionaries(st.sampled_from(["spec", "metadata", "a/b"]), values, max_size=3)


@given(before=bodies, after=bodies)
def test_the_patch_makes_one_object_out_of_any_other(before: Any, after: Any) -> None:
    """Applied by an independent implementation, the operations give exactly the wanted object."""
    assert jsonpatch.apply_patch(before, operations(before, after)) == after
