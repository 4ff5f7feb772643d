"""Reads a container's behaviour from its image tag and its environment.

    variable               in the tag   values
    ERROR_RATE             e5           "5%" or "0.05": a percentage, or a fraction from 0 to 1
    LATENCY_MS             l200         the mean in milliseconds
    LATENCY_DISTRIBUTION   lognormal    constant | exponential | lognormal
    FAST_FAILURES          fastfail     true | false: whether a 500 comes at once, however slow the rest is
    FAIL_AFTER_SECONDS     f30          healthy until then, afterwards every request gets a 500
    READY_AFTER_SECONDS    r10
    NEVER_READY            neverready   true | false
    CRASH_LOOP             crash        true | false
    CRASH_AFTER_SECONDS    k20          serves so long after each of its starts, then its process ends
    IMAGE_PULL_FAILS       nopull       true | false
    MEMORY_MB_PER_MINUTE   m50
    CPU_MS                 u2           milliseconds of CPU that a request costs
    PAID_RATE              c20          the share of good requests that end in a paid order, as ERROR_RATE

`checkout:v2-e5-l200` fails 5 % of its requests and takes 200 ms. The first part of a tag is always a name, and so is
any later part that isn't in the table. A variable wins over the tag; an empty one counts as unset.

The annotation `testbed/incident: "20%"` of a running pod fails that share of its requests besides, for as long as it is
there. So both arms of a release can suffer alike, as they would from a database that they share:
`kubectl annotate pods --all testbed/incident=20%`, and `testbed/incident-` ends it.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from testbed.kubelet.behaviour import CPU, PAID_RATE, Behaviour, Distribution

TAG_LETTERS = {
    "e": ("ERROR_RATE", "%"),
    "l": ("LATENCY_MS", ""),
    "f": ("FAIL_AFTER_SECONDS", ""),
    "r": ("READY_AFTER_SECONDS", ""),
    "k": ("CRASH_AFTER_SECONDS", ""),
    "m": ("MEMORY_MB_PER_MINUTE", ""),
    "u": ("CPU_MS", ""),
    "c": ("PAID_RATE", "%"),
}
TAG_WORDS = {
    "neverready": ("NEVER_READY", "true"),
    "crash": ("CRASH_LOOP", "true"),
    "nopull": ("IMAGE_PULL_FAILS", "true"),
    "fastfail": ("FAST_FAILURES", "true"),
    **{shape.value: ("LATENCY_DISTRIBUTION", shape.value) for shape in Distribution},
}
VARIABLES = frozenset(name for name, _ in (*TAG_WORDS.values(), *TAG_LETTERS.values()))
INCIDENT = "testbed/incident"
_NUMBERED_PART = re.compile(r"(?P<letter>[a-z])(?P<number>\d+(?:\.\d+)?)")


def tag_of(image: str) -> str:
    """`registry:5000/shop/checkout:v2@sha256:1234` is `v2`; without a tag it is `latest`, as everywhere."""
    last = image.partition("@")[0].rpartition("/")[2]
    return last.partition(":")[2] or "latest"


def behaviour_of(container: Mapping[str, Any]) -> Behaviour:
    """The behaviour of one entry of a pod's `spec.containers`. Raises ValueError naming the variable and its value."""
    tag = tag_of(container["image"])
    settings = _settings_in(tag) | _settings_among(container.get("env", ()))
    return Behaviour(
        version=tag,
        error_rate=_fraction(settings, "ERROR_RATE", 0.0),
        latency=_number(settings, "LATENCY_MS") / 1000,
        latency_distribution=_distribution(settings),
        fast_failures=_flag(settings, "FAST_FAILURES"),
        fail_after=_moment(settings, "FAIL_AFTER_SECONDS"),
        ready_after=_number(settings, "READY_AFTER_SECONDS"),
        never_ready=_flag(settings, "NEVER_READY"),
        crash_loop=_flag(settings, "CRASH_LOOP"),
        crash_after=_moment(settings, "CRASH_AFTER_SECONDS"),
        image_pull_fails=_flag(settings, "IMAGE_PULL_FAILS"),
        memory_growth=_number(settings, "MEMORY_MB_PER_MINUTE"),
        cpu=_number(settings, "CPU_MS") / 1000 if "CPU_MS" in settings else CPU,
        paid_rate=_fraction(settings, "PAID_RATE", PAID_RATE),
    )


def incident_of(metadata: Mapping[str, Any]) -> float:
    """The share of a pod's requests that fail through no fault of its version. Raises ValueError with the value."""
    return _fraction(metadata.get("annotations") or {}, INCIDENT, 0.0)


def _settings_in(tag: str) -> dict[str, str]:
    settings = {}
    for part in tag.split("-")[1:]:
        numbered = _NUMBERED_PART.fullmatch(part)
        if part in TAG_WORDS:
            name, value = TAG_WORDS[part]
            settings[name] = value
        elif numbered and numbered["letter"] in TAG_LETTERS:
            name, unit = TAG_LETTERS[numbered["letter"]]
            settings[name] = numbered["number"] + unit
    return settings


def _settings_among(environment: Any) -> dict[str, str]:
    ours = [variable for variable in environment if variable["name"] in VARIABLES]
    for variable in ours:
        if "valueFrom" in variable:
            raise ValueError(f"{variable['name']} has a valueFrom, and the testbed reads plain values only")
    return {variable["name"]: variable["value"].strip() for variable in ours if variable.get("value", "").strip()}


def _number(settings: Mapping[str, str], name: str) -> float:
    text = settings.get(name, "0")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f'{name} is a number that is not negative, but here it is "{text}"')
    return number


def _moment(settings: Mapping[str, str], name: str) -> float | None:
    return _number(settings, name) if name in settings else None


def _fraction(settings: Mapping[str, str], name: str, default: float) -> float:
    text = settings.get(name)
    if text is None:
        return default
    try:
        fraction = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        fraction = math.nan
    if not 0 <= fraction <= 1:
        raise ValueError(f'{name} is a percentage such as "5%" or a fraction such as "0.05", but here it is "{text}"')
    return fraction


def _flag(settings: Mapping[str, str], name: str) -> bool:
    text = settings.get(name, "false")
    if text not in {"true", "false"}:
        raise ValueError(f'{name} is "true" or "false", but here it is "{text}"')
    return text == "true"


def _distribution(settings: Mapping[str, str]) -> Distribution:
    text = settings.get("LATENCY_DISTRIBUTION", Distribution.CONSTANT)
    try:
        return Distribution(text)
    except ValueError:
        known = ", ".join(Distribution)
        raise ValueError(f'LATENCY_DISTRIBUTION is one of {known}, but here it is "{text}"') from None
