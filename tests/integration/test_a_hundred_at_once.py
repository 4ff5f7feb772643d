"""A rollback amid a hundred other runs is as fast as one alone."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import fleet
from testbed import audit
from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Traffic
from testbed.shop.manifests import image
from tests.integration.fog import Fog
from tests.integration.replicas import seconds_until

pytestmark = [pytest.mark.integration, pytest.mark.serial]

MANY = [f"rollout-{number}" for number in range(100)]
FEW = MANY[:10]
LOOK = "3s"
"""So far apart that one can tell which answer a write follows."""
LONGEST = 120
AT_ONCE = timedelta(seconds=1)


@pytest.fixture
def air(cluster: Cluster) -> Iterator[Fog]:
    with Fog(cluster.prometheus_url).standing() as air:
        yield air


@pytest.fixture
def operator(
    cluster: Cluster, place: str, second_namespace: str, air: Fog, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """For two namespaces, with looks that are further apart than usual."""
    providers = tmp_path / "providers.yaml"
    provider = {"name": "default", "address": air.url, "scrapeInterval": LOOK}
    providers.write_text(json.dumps({"providers": [provider]}), encoding="utf-8")
    told = {
        "CANARY_OPERATOR_NAMESPACES": f"{place} {second_namespace}",
        "CANARY_OPERATOR_METRICS_CONFIG": str(providers),
        "CANARY_OPERATOR_PROMETHEUS_URL": "",
    }
    with OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=told) as operator:
        yield operator


def states(cluster: Cluster, *namespaces: str) -> Counter[str]:
    """How many rollouts are in each."""
    listed = (json.loads(cluster.kubectl("get", "-n", each, "canaryrollouts", "-o", "json")) for each in namespaces)
    return Counter(one.get("status", {}).get("state", "") for every in listed for one in every["items"])


def until(cluster: Cluster, namespaces: tuple[str, ...], state: str, count: int) -> None:
    seconds_until(lambda: states(cluster, *namespaces)[state] == count, LONGEST)


def latencies(operator: OperatorProcess) -> dict[str, float]:
    """How many rollbacks took at most so many seconds from the answer to the written route, by that bound."""
    (found,) = (
        family
        for family in text_string_to_metric_families(operator.metrics())
        if family.name == "canary_operator_rollback_latency_seconds"
    )
    return {sample.labels["le"]: sample.value for sample in found.samples if "le" in sample.labels}


def nth_writes(cluster: Cluster, namespace: str, number: int) -> list[datetime]:
    """When each route of a namespace was written for the n-th time."""
    written: dict[str, list[datetime]] = {}
    for write in audit.writes(cluster.state.audit_log):
        if (write.namespace, write.resource, write.took_effect) == (namespace, "virtualservices", True):
            written.setdefault(write.name, []).append(write.at)
    return [moments[number - 1] for moments in written.values()]


def test_a_rollback_does_not_wait_for_the_others(
    cluster: Cluster, place: str, second_namespace: str, operator: OperatorProcess, air: Fog
) -> None:
    """Each route has weight 0 within a second of the answer with the breach, by the operator's word and the log's."""
    state, both = cluster.state, (place, second_namespace)
    crowds = ((place, MANY), (second_namespace, FEW))
    asyncio.run(fleet.create(state, [one for where, names in crowds for one in fleet.crowd(where, names)]))
    until(cluster, both, "Resting", len(MANY) + len(FEW))
    with ExitStack() as stack:
        for where, _ in crowds:
            stack.enter_context(Traffic(Plan(cluster.gateway_url, fleet.host(where), 60)))
        for where, names in crowds:
            asyncio.run(fleet.release_all(state, where, names))
        until(cluster, both, "Staged", len(MANY) + len(FEW))
        time.sleep(4)  # everybody has had a good look
        cluster.kubectl("-n", second_namespace, "set", "image", f"deployment/{CANARY}", f"{NAME}={image('v2-e100')}")
        until(cluster, (second_namespace,), "Resting", len(FEW))
        assert states(cluster, place) == {"Staged": len(MANY)}
    assert latencies(operator)["1.0"] == latencies(operator)["+Inf"] == len(FEW)
    taken_back = nth_writes(cluster, second_namespace, 2)
    assert len(taken_back) == len(FEW)
    assert all(min(moment - at for at in air.answered if at < moment) < AT_ONCE for moment in taken_back)
