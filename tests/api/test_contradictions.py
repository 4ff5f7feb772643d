import copy
from typing import Any

import pytest
import yaml

from canary_operator.api import contradictions
from canary_operator.api.reading import read_spec
from canary_operator.errors import InvalidCanary

GOOD = yaml.safe_load("""
workload: {deploymentRef: {name: checkout}}
traffic: {istio: {virtualServices: [{name: checkout}]}, stableService: checkout}
stages: [{weight: "5%", duration: 30m}, {weight: "100%", duration: 0s}]
analysis: {metrics: [{preset: istio-error-rate, max: "1%", maxIncrease: "50%"}]}
""")

WRONG = {
    "neither subject": ("workload: null", "give workload"),
    "both subjects": ("revision: v2", "workload and revision"),
    "canary is stable": (
        "traffic: {istio: {virtualServices: [{name: checkout}]}, stableService: checkout, canaryService: checkout}",
        'stableService "checkout"',
    ),
    "canary's name too long": (
        f"traffic: {{istio: {{virtualServices: [{{name: checkout}}]}}, stableService: {'s' * 57}}}",
        "give canaryService",
    ),
    "same weight twice": (
        'stages: [{weight: "5%", duration: 30m}, {weight: "5.0%", duration: 30m}]',
        'stages[1].weight "5%" is not above "5%"',
    ),
    "falling weight": (
        'stages: [{weight: "50%", duration: 30m}, {weight: "5%", duration: 30m}]',
        "a longer duration",
    ),
    "no traffic": ('stages: [{weight: "0%", duration: 30m}]', "leave the stage out"),
    "no time": ('stages: [{weight: "5%", duration: 0s}]', "leaves no time"),
    "no bound": ("analysis: {metrics: [{preset: istio-error-rate}]}", "give max, maxIncrease or both"),
    "bound below what is ignored": (
        'analysis: {metrics: [{preset: istio-error-rate, max: "0.1%", maxIncrease: "50%"}]}',
        'ignoreBelow "0.1%"',
    ),
    "max of nothing": ('analysis: {metrics: [{preset: istio-error-rate, max: "0%"}]}', 'max "0%" must lie'),
    "max of everything": ('analysis: {metrics: [{preset: istio-error-rate, max: "100%"}]}', 'max "100%" must lie'),
    "everything ignored": (
        'analysis: {metrics: [{preset: istio-error-rate, maxIncrease: "5%", ignoreBelow: "100%"}]}',
        "ignores everything",
    ),
    "no baseline good enough": (
        'analysis: {metrics: [{preset: istio-error-rate, max: "1%", baselineLimit: "0%"}]}',
        "would hold every run",
    ),
    "nothing to compare with": (
        "{stages: [{weight: 100%, duration: 1h}], analysis: {metrics: [{preset: istio-error-rate, maxIncrease: 5%}]}}",
        "put a stage below 100% first",
    ),
    "no time to get ready": (
        "workload: {deploymentRef: {name: checkout}, progressDeadline: 0s}",
        "progressDeadline",
    ),
    "run too long": ("maxDuration: 30m", "the stages and the warmup take 31m"),
}


def test_a_good_spec_contradicts_nothing() -> None:
    """The last stage at 100 % may have no time, and both kinds of bound may be given."""
    assert list(contradictions.of(read_spec(GOOD))) == []


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_a_contradiction_is_refused_with_its_cure(change: str, says: str) -> None:
    """An object that is older than a rule is refused by the reader in the same sense as by the API server."""
    with pytest.raises(InvalidCanary) as caught:
        read_spec(changed(GOOD, change))
    assert says in caught.value.message


def changed(spec: dict[str, Any], change: str) -> dict[str, Any]:
    """With whole parts replaced; null takes a part away."""
    parts = {**copy.deepcopy(spec), **yaml.safe_load(change)}
    return {name: part for name, part in parts.items() if part is not None}
