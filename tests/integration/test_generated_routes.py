"""Whatever VirtualService Istio takes, it takes after each of our edits: a sample, through Istio's own validation."""

import json
from collections import Counter
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.partly import Partly
from testbed.cluster import Cluster
from testbed.shop import Reader
from tests.providers.traffic.istio.strategies import any_orders, any_services, keeping_orders

pytestmark = pytest.mark.integration

a_run = st.lists(any_orders | keeping_orders(), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def reader(cluster: Cluster) -> Reader:
    """Of the namespace that every cluster has: nothing is made there."""
    return Reader(cluster.state, "default")


def test_istio_refuses_no_edit_of_what_it_had_taken(reader: Reader) -> None:
    """Fields that the schema does not know are dropped, as for any client that does not ask for strictness."""
    seen: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, suppress_health_check=[*HealthCheck])
    @given(case=any_services, steps=a_run)
    def try_it(case: tuple[Any, Asked], steps: list[SetWeight]) -> None:
        live, asked = case
        if refusal(reader, live):
            seen["never taken"] += 1
            return
        for order in steps:
            after = desired(live, asked, order)
            if isinstance(after, Partly | Problem):
                seen["not written"] += 1
                continue
            assert refusal(reader, after) == "", json.dumps(after["spec"])
            seen["edited"] += 1
            live = after
        back = restored(live, asked)
        assert not isinstance(back, Problem), back
        assert refusal(reader, back) == "", json.dumps(back["spec"])

    try_it()
    assert seen["edited"] > 100, seen


def refusal(reader: Reader, route: Object) -> str:
    """What Istio says against it; empty where it takes it."""
    body = {**route, "apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
    body["metadata"] = {**route["metadata"], "namespace": "default"}
    url = reader.url("networking.istio.io/v1", "virtualservices")
    asked = {"dryRun": "All", "fieldValidation": "Ignore"}
    answer = reader.session.post(url, params=asked, json=body, timeout=10)
    if answer.status_code == HTTPStatus.CREATED:
        return ""
    said = str(answer.json()["message"])
    assert answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.FORBIDDEN}, said
    return said
