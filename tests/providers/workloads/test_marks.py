import re

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.workloads.marks import canary_name, is_ours, label_value, our_labels
from tests.doubles.shop import a_target

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?", fullmatch=True)
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


@given(NAMES)
def test_any_name_has_a_label_value(name: str) -> None:
    """Names may have 253 characters, label values 63; short ones are kept."""
    value = label_value(name)
    assert LABEL_VALUE.fullmatch(value)
    assert value == name or len(name) > 63


@given(NAMES)
def test_any_deployment_has_a_canary_name(name: str) -> None:
    """Never longer than a name may be, and never the Deployment's own."""
    assert len(canary_name(name)) <= 253
    assert canary_name(name) != name


def test_names_that_are_cut_stay_different() -> None:
    """Two long names with one beginning are two names."""
    assert label_value("a" * 100) != label_value("a" * 101)


def test_ours_is_what_carries_this_rollouts_label() -> None:
    """Neither an unlabelled object nor another rollout's."""
    mine, other = a_target(), a_target(name="other")
    assert is_ours({"metadata": {"labels": our_labels(mine)}}, mine)
    assert not is_ours({"metadata": {"labels": our_labels(other)}}, mine)
    assert not is_ours({"metadata": {}}, mine)
