"""Where the stories play: a cluster, the operator, a shop with customers; and everything gone afterwards."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.cluster import Cluster
from testbed.demo.screen import Screen
from testbed.operator import OperatorProcess, install
from testbed.shop import Shop, Traffic
from testbed.visit import own_cluster

YAML = Path(__file__).parent / "checkout.yaml"
RATE = 150
NAMESPACE = "shop"
_SOME_SCRAPES = 5.0


@dataclass(frozen=True, slots=True)
class Setting:
    screen: Screen
    cluster: Cluster
    operator: OperatorProcess
    shop: Shop
    traffic: Traffic
    route: str
    """As the user wrote it, before the operator knew of it."""


@contextmanager
def setting(screen: Screen) -> Iterator[Setting]:
    """Nothing of it is left at the end, whatever the end is; the logs stay when it was a failure."""
    stack = ExitStack()
    with own_cluster(stack, "demo", screen.all_well, screen.say) as cluster:
        screen.command("kubectl apply -k deploy")
        install(cluster)
        operator = stack.enter_context(OperatorProcess(cluster))
        screen.say(f"The operator is ready, process {operator.pid}; it may do what deploy/rbac.yaml says.")
        yield _open(screen, cluster, operator, stack)


def _open(screen: Screen, cluster: Cluster, operator: OperatorProcess, stack: ExitStack) -> Setting:
    cluster.kubectl("create", "namespace", NAMESPACE)
    shop = Shop(cluster, NAMESPACE)
    shop.open("v1", replicas=3)
    screen.say("The application runs as shop/checkout:v1 behind an Istio VirtualService.")
    route = shop.route()
    screen.command("kubectl apply -f checkout.yaml")
    shop.adopt(yaml.safe_load(YAML.read_text(encoding="utf-8")))
    traffic = stack.enter_context(shop.traffic(RATE))
    screen.say(f"{RATE} requests per second go through Envoy to http://{shop.host}/ from now on.")
    time.sleep(_SOME_SCRAPES)
    stack.enter_context(screen)
    return Setting(screen, cluster, operator, shop, traffic, route)
