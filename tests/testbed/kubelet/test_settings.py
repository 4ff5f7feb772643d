from typing import Any

import pytest

from testbed.kubelet.behaviour import Behaviour, Distribution
from testbed.kubelet.settings import INCIDENT, behaviour_of, incident_of, tag_of


def container(image: str = "shop/checkout:v1", **environment: str) -> dict[str, Any]:
    return {"image": image, "env": [{"name": name, "value": value} for name, value in environment.items()]}


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("checkout:v1", "v1"),
        ("registry:5000/shop/checkout", "latest"),
        ("registry:5000/shop/checkout:v2-e5@sha256:12", "v2-e5"),
        ("checkout@sha256:12", "latest"),
    ],
)
def test_the_tag_is_what_follows_the_last_name(image: str, tag: str) -> None:
    """Neither a registry's port nor a digest is taken for a tag."""
    assert tag_of(image) == tag


def test_an_ordinary_image_is_healthy() -> None:
    """Without any setting a container answers at once and without errors."""
    assert behaviour_of(container()) == Behaviour(version="v1")


def test_the_tag_tells_the_behaviour() -> None:
    """A release can be an image change and nothing else."""
    behaviour = behaviour_of(container("checkout:v2-e0.5-l200-f30-r10-k20-m50-c15"))
    assert behaviour == Behaviour(
        version="v2-e0.5-l200-f30-r10-k20-m50-c15",
        error_rate=0.005,
        latency=0.2,
        fail_after=30,
        ready_after=10,
        crash_after=20,
        memory_growth=50,
        paid_rate=0.15,
    )


@pytest.mark.parametrize("tag", ["v2", "e5", "v2-rc1", "2024-01-31", "v2-e5x", "v2-x5", "v2-"])
def test_other_parts_of_a_tag_are_names(tag: str) -> None:
    """The first part is a name, whatever it looks like, and so is every part that means nothing."""
    assert behaviour_of(container(f"checkout:{tag}")) == Behaviour(version=tag)


@pytest.mark.parametrize(
    "expected",
    [
        Behaviour("v2-crash", crash_loop=True),
        Behaviour("v2-neverready", never_ready=True),
        Behaviour("v2-nopull", image_pull_fails=True),
        Behaviour("v2-fastfail", fast_failures=True),
        Behaviour("v2-lognormal", latency_distribution=Distribution.LOGNORMAL),
        Behaviour("v2-exponential", latency_distribution=Distribution.EXPONENTIAL),
    ],
)
def test_words_in_the_tag_are_settings(expected: Behaviour) -> None:
    """Each word sets exactly one thing."""
    assert behaviour_of(container(f"checkout:{expected.version}")) == expected


@pytest.mark.parametrize("written", ["5%", "0.05", " 5% "])
def test_a_share_is_a_percentage_or_a_fraction(written: str) -> None:
    """Both ways of writing 5 % are read."""
    assert behaviour_of(container(ERROR_RATE=written)).error_rate == pytest.approx(0.05)


def test_a_variable_wins_over_the_tag() -> None:
    """The environment decides, except where it is empty."""
    behaviour = behaviour_of(
        container("checkout:v2-e5-l200", LATENCY_MS="80", LATENCY_DISTRIBUTION="lognormal", ERROR_RATE="", PORT="80")
    )
    assert (behaviour.error_rate, behaviour.latency) == (0.05, 0.08)
    assert behaviour.latency_distribution is Distribution.LOGNORMAL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ERROR_RATE", "5"),
        ("ERROR_RATE", "101%"),
        ("ERROR_RATE", "nan"),
        ("ERROR_RATE", "%"),
        ("LATENCY_MS", "-1"),
        ("LATENCY_MS", "inf"),
        ("LATENCY_MS", "fast"),
        ("CRASH_LOOP", "perhaps"),
        ("LATENCY_DISTRIBUTION", "gauss"),
    ],
)
def test_an_invalid_value_is_named(name: str, value: str) -> None:
    """The message says which variable, what it takes, and what it was."""
    with pytest.raises(ValueError, match=f'{name}.*"{value}"'):
        behaviour_of(container(**{name: value}))


def test_a_value_from_elsewhere_is_refused() -> None:
    """A setting that would be ignored silently is an error instead."""
    source = {"name": "ERROR_RATE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "rate"}}}
    with pytest.raises(ValueError, match="ERROR_RATE has a valueFrom"):
        behaviour_of({"image": "checkout:v1", "env": [source]})


def test_an_incident_is_read_from_an_annotation() -> None:
    """Written like every other share; a pod without it suffers from none."""
    assert incident_of({"annotations": {INCIDENT: "20%"}}) == pytest.approx(0.2)
    assert incident_of({"annotations": {"other": "1"}}) == incident_of({}) == 0


def test_an_invalid_incident_is_named() -> None:
    """As with a variable: what it is, and what it was."""
    with pytest.raises(ValueError, match=f'{INCIDENT}.*"20"'):
        incident_of({"annotations": {INCIDENT: "20"}})
