import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.workloads.revision import RESTARTED_AT, revision_of
from tests.doubles.shop import a_template

VALUES = st.recursive(st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
TEMPLATES = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries({"labels": st.dictionaries(st.text(min_size=1), st.text(), min_size=1)}),
        "spec": st.dictionaries(st.text(min_size=1), VALUES),
    }
)


def test_the_digits_never_change() -> None:
    """They stand in stored statuses: another value here would start a run for every rollout at an upgrade."""
    assert revision_of(a_template()) == "a4fdfcae246eb6e0087d"


@given(TEMPLATES)
def test_what_tools_and_servers_add_does_not_count(template: dict[str, Any]) -> None:
    """The controller's hash, a restart, nulls, empty annotations and the order of keys leave the revision alone."""
    noisy = copy.deepcopy(template)
    noisy["metadata"]["labels"]["pod-template-hash"] = "5d8f"
    noisy["metadata"]["annotations"] = {RESTARTED_AT: "2026-01-01T00:00:00Z"}
    noisy["metadata"]["creationTimestamp"] = None
    noisy["spec"] = {**dict(reversed(noisy["spec"].items())), "hostAliases": None}
    bare = copy.deepcopy(template)
    bare["metadata"]["labels"].pop("pod-template-hash", None)
    bare["spec"].pop("hostAliases", None)
    assert revision_of(noisy) == revision_of(bare)


@pytest.mark.parametrize(
    "other",
    [
        a_template("shop/checkout:v2"),
        a_template(labels={"app": "checkout", "tier": "web"}),
        a_template(volumes=[{"name": "scratch", "emptyDir": {}}]),
        {**a_template(), "metadata": {"labels": {"app": "checkout"}, "annotations": {"config": "2"}}},
    ],
    ids=["image", "label", "volume", "annotation"],
)
def test_what_a_user_changes_counts(other: dict[str, Any]) -> None:
    """Each of these is another version."""
    assert revision_of(other) != revision_of(a_template())


def test_an_empty_value_can_say_something() -> None:
    """A volume of the kind emptyDir is not the same as a volume of no kind."""
    empty = a_template(volumes=[{"name": "scratch", "emptyDir": {}}])
    assert revision_of(empty) != revision_of(a_template(volumes=[{"name": "scratch"}]))


def test_a_revision_fits_where_it_is_used() -> None:
    """Enough digits that two templates never share the first ten, which run ids show."""
    revisions = {revision_of(a_template(f"shop/checkout:v{number}")) for number in range(2000)}
    assert {len(revision) for revision in revisions} == {20}
    assert len({revision[:10] for revision in revisions}) == 2000
