import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from canary_operator.api import reasons
from canary_operator.api.reading import read_spec
from canary_operator.api.rollout import Spec
from canary_operator.errors import InvalidCanary
from tests.api.generated import GOOD_SPECS, SPECS
from tests.cases import cases

SLOW_TO_MAKE = settings(max_examples=cases(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])

GOOD = yaml.safe_load("""
workload: {deploymentRef: {name: checkout}}
traffic: {istio: {virtualServices: [{name: checkout}]}, stableService: checkout}
stages: [{weight: "5%", duration: 30m}]
analysis: {metrics: [{preset: istio-error-rate, max: "1%"}]}
""")


@SLOW_TO_MAKE
@given(SPECS)
def test_a_spec_that_fits_the_schema_is_read_or_contradicts_itself(spec: dict[str, Any]) -> None:
    """No value that the API server takes by itself is refused by our reader by itself."""
    assert complaint(spec).startswith(("nothing", "spec: "))


@SLOW_TO_MAKE
@given(GOOD_SPECS)
def test_a_spec_survives_being_written_and_read_again(spec: dict[str, Any]) -> None:
    """What the operator pins in status is to the bit what the user asked for."""
    try:
        read = read_spec(spec)
    except InvalidCanary:
        return
    written = json.loads(json.dumps(read.model_dump(mode="json", by_alias=True, exclude_none=True)))
    assert read_spec(written) == read


def test_an_unknown_field_is_ignored() -> None:
    """A downgraded operator reads what a newer CRD let in."""
    assert read_spec({**GOOD, "stickiness": {"ttl": "2h"}}) == Spec.model_validate(GOOD)


def test_a_wrong_value_is_named_with_its_path_and_its_cure() -> None:
    """Whoever reads the condition knows what to change and how."""
    with pytest.raises(InvalidCanary) as caught:
        read_spec({**GOOD, "stages": [{"weight": "5", "duration": "30m"}]})
    assert caught.value.reason == reasons.INVALID_SPEC
    assert caught.value.message.startswith('spec.stages[0].weight "5": must be a percentage')
    assert 'such as "5%"' in caught.value.message


def test_a_list_is_not_called_empty_because_its_items_are_wrong() -> None:
    """One mistake gives one complaint."""
    with pytest.raises(InvalidCanary) as caught:
        read_spec({**GOOD, "stages": [{"weight": "5", "duration": "30m"}]})
    assert "at least" not in caught.value.message


def test_an_empty_list_is_called_empty() -> None:
    """The complaint is left out only where it echoes another."""
    with pytest.raises(InvalidCanary, match=r"spec\.stages.*at least 1"):
        read_spec({**GOOD, "stages": []})


def test_the_message_fits_into_a_condition() -> None:
    """However much is wrong, the status can still be written."""
    stages = [{"weight": "5" * 200, "duration": "soon"}] * 20
    with pytest.raises(InvalidCanary) as caught:
        read_spec({**GOOD, "stages": stages})
    assert len(caught.value.message) <= 1024


@pytest.mark.parametrize("nothing", [None, "checkout", []])
def test_what_is_no_object_is_refused(nothing: object) -> None:
    """A spec that was damaged beyond its schema is still an InvalidCanary and no crash."""
    with pytest.raises(InvalidCanary, match="spec"):
        read_spec(nothing)


def complaint(spec: dict[str, Any]) -> str:
    try:
        read_spec(spec)
    except InvalidCanary as error:
        return error.message
    return "nothing"
