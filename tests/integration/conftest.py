"""One real cluster for the whole run, one namespace for each test."""

import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from canary_operator.providers.kubernetes import Kubernetes, connect
from testbed import control
from testbed.cluster import Cluster
from testbed.operator import OperatorProcess, install, lend_leadership
from testbed.shop import Shop
from tests.integration.clients import end
from tests.integration.places import a_namespace
from tests.integration.route_kinds import EACH, Kind

INSIDE = """\
The cluster had to take a network of its own, and these tests talk to its addresses. Run them inside such a network:
    unshare --map-root-user --net -- python -m pytest tests/integration"""


@pytest.fixture(scope="session")
def cluster(testrun_uid: str, worker_id: str) -> Cluster:
    """Started by whichever worker comes first; ends with the process that all workers belong to."""
    owner = os.getpid() if worker_id == "master" else os.getppid()
    directory = Path(tempfile.gettempdir()) / f"canary-operator-testbed-{testrun_uid}"
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = Cluster(directory) if control.is_up(directory) else Cluster.up(directory, owner)
    if cluster.state.own_network:
        pytest.fail(INSIDE)
    return cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace; what is in it goes away after the test."""
    with a_namespace(cluster) as name:
        yield name


@pytest.fixture
def second_namespace(cluster: Cluster) -> Iterator[str]:
    """One more, for a test that needs two."""
    with a_namespace(cluster) as name:
        yield name


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> None:
    """Everything that `deploy/` holds, except the operator's process."""
    install(cluster)


@pytest.fixture
def place(namespace: str, cluster: Cluster, installed: None) -> str:  # noqa: ARG001 -- it has to happen before
    """A namespace in which operators of this test compete for a Lease of their own."""
    lend_leadership(cluster, namespace)
    return namespace


@pytest.fixture
def operator(cluster: Cluster, place: str) -> Iterator[OperatorProcess]:
    """One for this test's namespace alone: a test that kills it disturbs nobody."""
    with OperatorProcess(cluster, f"operator-{place}", namespace=place) as operator:
        yield operator


@pytest.fixture
async def kubernetes(cluster: Cluster) -> AsyncIterator[Kubernetes]:
    """The client of a user who may do everything."""
    client = await connect(str(cluster.kubeconfig), None, may_write=lambda: True)
    yield client
    await end(client)


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    """An application with users' eyes on it, which no CanaryRollout knows yet."""
    shop = Shop(cluster, namespace)
    shop.open()
    return shop


@pytest.fixture(params=EACH, ids=lambda kind: kind.resource)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Of routes: for a test that asks the same of each."""
    found: Kind = request.param
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test names the logs of its cluster."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(cluster, Cluster):
        report.sections.append(("testbed", f"the logs of the cluster are in {cluster.logs}"))
    return report
