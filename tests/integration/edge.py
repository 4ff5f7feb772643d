"""A shop whose canary is there already, and what its gateway answers to whom."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests

from canary_operator.api.rollout import Spec
from canary_operator.core.world import Route
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from testbed.shop import CANARY, NAME, Manifest, Shop, rollout
from testbed.shop.manifests import service
from tests.doubles.objects import MemoryObjects

TESTERS = {"headers": [{"name": "x-canary", "exact": "true"}]}
AS_TESTER = {"x-canary": "true"}


class Request(NamedTuple):
    headers: Mapping[str, str] = {}
    path: str = "/"
    method: str = "GET"


def header(value: str) -> Request:
    return Request({"X-Canary": value})


def cookie(value: str) -> Request:
    return Request({"Cookie": value})


def user(where: str, number: int | str) -> Request:
    return Request({"uid": str(number)}) if where == "header" else cookie(f"a=1; uid={number}; b=2")


def service_of_testers() -> Manifest:
    """The canary Service's twin."""
    return service(CANARY) | {"metadata": {"name": "testers"}}


class Edge:
    """The route of a shop whose canary is there already, and the gateway in front of it."""

    def __init__(self, shop: Shop, kubernetes: Kubernetes) -> None:
        self.shop, self.before = shop, read(shop)
        objects = MemoryObjects()
        objects.put(VIRTUAL_SERVICES, self.before)
        self.traffic = IstioTraffic(kubernetes, objects)
        self.target = Target(shop.namespace, NAME, "uid", Spec.model_validate(rollout()["spec"]))
        self.session = requests.Session()

    def version(self, request: Request) -> str:
        answer = self.session.request(
            request.method,
            f"{self.shop.cluster.gateway_url}{request.path}",
            headers={"Host": self.shop.host, **request.headers},
            timeout=5,
        )
        return str(answer.headers.get("x-version", answer.status_code))

    async def found(self) -> Route:
        route = await self.traffic.look(self.target)
        assert isinstance(route, Route)
        return route

    async def given_back(self) -> None:
        await self.traffic.restore(self.target)
        after = read(self.shop)
        assert after["spec"] == self.before["spec"]
        assert after["metadata"]["annotations"] == self.before["metadata"]["annotations"]


def read(shop: Shop) -> Any:
    return json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))


def until(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
