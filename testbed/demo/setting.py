"""Where the stories play: a cluster, the operator, a shop with customers; and everything gone afterwards."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.cluster import Cluster
from testbed.demo.screen import Screen
from testbed.errors import TestbedError
from testbed.operator import OperatorProcess, install
from testbed.shop import Shop, Traffic
from testbed.up import up

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
    with _folder(screen) as directory, ExitStack() as stack:
        stack.callback(_be_deaf)
        up(directory, owner=os.getpid(), own_network=False, istio=True)
        cluster = Cluster(directory)
        stack.callback(_end, cluster)
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


@contextmanager
def _folder(screen: Screen) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="canary-operator-demo-"))
    try:
        yield directory
    except KeyboardInterrupt:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    except BaseException:
        _keep_logs(directory)
        screen.say(f"The logs are in {directory}/logs.")
        raise
    if screen.all_well():
        shutil.rmtree(directory, ignore_errors=True)
    else:
        _keep_logs(directory)
        screen.say(f"The logs are in {directory}/logs.")


def _keep_logs(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and path.name != "logs":
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "logs":
            path.unlink(missing_ok=True)


def _end(cluster: Cluster) -> None:
    with contextlib.suppress(TestbedError):
        cluster.down()


def _be_deaf() -> None:
    """Who interrupts the tidying up would leave something behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
