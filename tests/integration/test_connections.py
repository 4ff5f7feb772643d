"""tcp and tls routes of a real Envoy: who gets the connections, and what becomes of those that were open."""

import json
import re
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import pytest
import requests

from canary_operator.api.rollout import Spec
from canary_operator.core.world import Route
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from testbed.addresses import FIRST_PORT, PORTS_PER_BLOCK, free_ports
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.operator import OperatorProcess
from testbed.prometheus import BELOW_HTTP
from testbed.shop import CANARY, NAME, Manifest, Shop, rollout
from testbed.shop.manifests import PORT, service
from tests.doubles.objects import MemoryObjects
from tests.integration.edge import until
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

pytestmark = pytest.mark.integration

OWN = {"name": "resets", "promQL": "resets{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}
SHORT = (("50%", "8s"), ("100%", "2s"))
MANY = 300
TOLERANCE = 0.13
"""More than five standard deviations of a quarter of so many connections."""
_CONNECTIONS = re.compile(r"^cluster\.outbound\|\d+\|\|([^.]+)\.[^;]+;\.upstream_cx_total$")


@pytest.fixture
def port(cluster: Cluster, worker_id: str) -> int:
    """One of this cluster's that nobody listens on, from the other end than the cluster itself takes them from.

    Another for each worker: two gateways of different protocols on one port take each other's listener away.
    """
    block = (min(cluster.state.ports.values()) - FIRST_PORT) // PORTS_PER_BLOCK
    worker = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    return sorted(free_ports(block))[-1 - worker]


def gateway(port: int, protocol: str) -> Manifest:
    """Opens the port on loopback; a TLS one passes through."""
    tls = {"tls": {"mode": "PASSTHROUGH"}} if protocol == "TLS" else {}
    server = {"port": {"number": port, "name": "door", "protocol": protocol}, "bind": "127.0.0.1", "hosts": ["*"]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "door"},
        "spec": {"selector": {"istio": "ingressgateway"}, "servers": [{**server, **tls}]},
    }


def below_http() -> Manifest:
    """The shop's Service with a port more, whose connections are counted as connections."""
    found = service()
    found["spec"]["ports"].append({"name": "tcp", "port": BELOW_HTTP, "targetPort": PORT})
    return found


@contextmanager
def calling(port: int) -> Iterator[None]:
    """A new connection for each of many requests, until the end."""
    stop = threading.Event()

    def call() -> None:
        while not stop.wait(0.02):
            with suppress(OSError):
                version_on_a_new_connection(port)

    callers = [threading.Thread(target=call, daemon=True) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        stop.set()
        for caller in callers:
            caller.join(10)


def route(shop: Shop, kind: str, match: dict[str, Any], to: int = 80) -> Manifest:
    """Beside the http route of the shop, in the same object; the destination has no weight."""
    found: Manifest = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    destination = {"host": NAME, "port": {"number": to}}
    found["spec"]["gateways"].append("door")
    found["spec"][kind] = [{"match": [match], "route": [{"destination": destination}]}]
    return found


def a_target(shop: Shop, **asked: Any) -> Target:
    manifest = connections_of(**asked)
    return Target(shop.namespace, NAME, "uid", Spec.model_validate(manifest["spec"]))


def connections_of(**asked: Any) -> Manifest:
    """The shop's rollout for another route, judged by a query."""
    return judged_by(OWN, (("25%", "1m"),), **asked)


def judged_by(metric: Mapping[str, Any], stages: tuple[tuple[str, str], ...], **asked: Any) -> Manifest:
    manifest = rollout(stages, {"metrics": [metric]})
    manifest["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": NAME, **asked}]
    return manifest


def weights_in_envoy(cluster: Cluster, port: int) -> dict[str, int]:
    """Service → weight, as the listener of this port has them; 1 for an only destination."""
    dump = requests.get(f"{cluster.state.url('envoy_admin')}/config_dump", timeout=5).json()
    every = [one for part in dump["configs"] for one in part.get("dynamic_listeners", ())]
    listeners = [one["active_state"]["listener"] for one in every if "active_state" in one]
    chains = [chain for one in listeners if port_of(one) == port for chain in one["filter_chains"]]
    proxies = [each["typed_config"] for chain in chains for each in chain["filters"] if "tcp_proxy" in each["name"]]
    return {name: weight for proxy in proxies for name, weight in clusters_of(proxy)}


def port_of(listener: Any) -> int:
    return int(listener["address"]["socket_address"]["port_value"])


def clusters_of(proxy: Any) -> list[tuple[str, int]]:
    """`outbound|80||checkout.shop.svc.cluster.local` → `checkout`."""
    found = proxy.get("weighted_clusters", {}).get("clusters") or [{"name": proxy.get("cluster", ""), "weight": 1}]
    return [(one["name"].rpartition("|")[2].partition(".")[0], one["weight"]) for one in found]


def connections_by_service(cluster: Cluster, namespace: str) -> Counter[str]:
    """So many did Envoy open to each Service."""
    page = requests.get(
        f"{cluster.state.url('envoy_admin')}/stats",
        params={"format": "json", "filter": rf"\.{re.escape(namespace)}\.svc\.cluster\.local;\.upstream_cx_total$"},
        timeout=5,
    ).json()
    names = [(_CONNECTIONS.match(one.get("name", "")), one) for one in page["stats"]]
    return Counter({found[1]: one["value"] for found, one in names if found})


def version_on_a_new_connection(port: int) -> str:
    """A pod speaks HTTP, of which Envoy knows nothing on this port."""
    return str(
        requests.get(f"http://127.0.0.1:{port}/", headers={"Connection": "close"}, timeout=5).headers["x-version"]
    )


def answered_by(port: int) -> set[str]:
    """Twenty new connections; Envoy tells its weights a moment before it listens and obeys them."""
    try:
        return {version_on_a_new_connection(port) for _ in range(20)}
    except requests.ConnectionError:
        return set()


def greeting(name: str) -> bytes:
    """The beginning of TLS with this server name."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def provider(kubernetes: Kubernetes, body: Any) -> IstioTraffic:
    objects = MemoryObjects()
    objects.put(VIRTUAL_SERVICES, body)
    return IstioTraffic(kubernetes, objects)


def read(shop: Shop) -> Any:
    return json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))


async def test_connections_follow_the_weight_of_a_tcp_route(
    cluster: Cluster, shop: Shop, kubernetes: Kubernetes, port: int
) -> None:
    """None, a quarter, all, none: what the clients see, and in the end the route as its owner wrote it."""
    shop.open_beside("v2")
    shop.apply(gateway(port, "TCP"), route(shop, "tcp", {"port": port}))
    before = read(shop)
    traffic, target = provider(kubernetes, before), a_target(shop, tcpRoutes=[{"port": port}])
    until("the listener", lambda: weights_in_envoy(cluster, port) == {NAME: 1})
    until("stable", lambda: answered_by(port) == {"v1"})

    await traffic.set_weight(target, a_weight(25))
    until("a quarter", lambda: weights_in_envoy(cluster, port) == {NAME: 75, CANARY: 25})
    seen = Counter(version_on_a_new_connection(port) for _ in range(MANY))
    assert abs(seen["v2"] / MANY - 0.25) < TOLERANCE, seen
    assert seen["v1"] + seen["v2"] == MANY

    await traffic.set_weight(target, a_weight(100))
    until("all of it", lambda: weights_in_envoy(cluster, port) == {CANARY: 100})
    until("the canary", lambda: answered_by(port) == {"v2"})

    await traffic.set_weight(target, rolled_back())
    found = await traffic.look(target)
    assert isinstance(found, Route)
    assert found.share == 0
    until("none of it", lambda: weights_in_envoy(cluster, port) == {NAME: 100})
    until("stable again", lambda: answered_by(port) == {"v1"})
    await traffic.restore(target)
    after = read(shop)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]


async def test_an_open_connection_keeps_its_version_until_the_listener_is_drained(
    cluster: Cluster, shop: Shop, kubernetes: Kubernetes, port: int
) -> None:
    """A weight moves new connections only; the proxy ends the old ones when its time for draining is over."""
    shop.open_beside("v2")
    shop.apply(gateway(port, "TCP"), route(shop, "tcp", {"port": port}))
    traffic, target = provider(kubernetes, read(shop)), a_target(shop, tcpRoutes=[{"port": port}])
    until("the listener", lambda: weights_in_envoy(cluster, port) == {NAME: 1})
    until("stable", lambda: answered_by(port) == {"v1"})
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as old:
        assert b"x-version: v1" in asked_on(old)
        await traffic.set_weight(target, a_weight(100))
        until("all of it", lambda: weights_in_envoy(cluster, port) == {CANARY: 100})
        assert b"x-version: v1" in asked_on(old)
        until("new ones to go there", lambda: version_on_a_new_connection(port) == "v2")
        assert old.recv(1) == b""


def asked_on(connection: socket.socket) -> bytes:
    connection.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
    return connection.recv(65536)


async def test_connections_follow_the_weight_of_a_tls_route(
    cluster: Cluster, shop: Shop, kubernetes: Kubernetes, port: int
) -> None:
    """Passed through by their server name; Envoy counts where they went."""
    shop.open_beside("v2")
    shop.apply(gateway(port, "TLS"), route(shop, "tls", {"port": port, "sniHosts": [shop.host]}))
    traffic = provider(kubernetes, read(shop))
    target = a_target(shop, tlsRoutes=[{"port": port, "sniHost": shop.host}])
    until("the listener", lambda: weights_in_envoy(cluster, port) == {NAME: 1})
    await traffic.set_weight(target, a_weight(25))
    until("a quarter", lambda: weights_in_envoy(cluster, port) == {NAME: 75, CANARY: 25})
    before = connections_by_service(cluster, shop.namespace)
    with ExitStack() as stack:
        for _ in range(MANY):
            client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=5)))
            client.sendall(greeting(shop.host))
        until("Envoy to count", lambda: (connections_by_service(cluster, shop.namespace) - before).total() >= MANY)
    seen = connections_by_service(cluster, shop.namespace) - before
    assert abs(seen[CANARY] / seen.total() - 0.25) < TOLERANCE, seen


def test_the_operator_rests_beside_a_tcp_route(shop: Shop, port: int, operator: OperatorProcess) -> None:
    """It finds the route by its port, and names the ports that there are where it does not."""
    del operator
    shop.apply(route(shop, "tcp", {"port": port}))
    shop.apply(connections_of(tcpRoutes=[{"port": 1}]))
    held = shop.until("the route to be missed", lambda seen: seen.reason == "RouteNotFound")
    assert f"no tcp route for port 1 (there are: tcp[0] (port {port}))" in held.message
    shop.kubectl("delete", "canaryrollout", NAME)
    shop.adopt(connections_of(tcpRoutes=[{"port": port}]))


def test_a_release_of_connections_is_judged_by_what_the_pods_count(
    shop: Shop, port: int, operator: OperatorProcess
) -> None:
    """Nobody knows of requests on the way; the bad one goes back, the good one gets all connections."""
    del operator
    shop.apply(below_http(), gateway(port, "TCP"), route(shop, "tcp", {"port": port}, BELOW_HTTP))
    with calling(port):
        shop.adopt(judged_by({"preset": "requests", "maxIncrease": "50%"}, SHORT, tcpRoutes=[{"port": port}]))
        shop.release("v2-e40")
        bad = shop.until("the rollback", lambda seen: seen.rests and bool(seen.outcomes), 120)
        assert bad.outcomes == ["RolledBack"], bad.status
        assert "requests of the canary failed" in bad.last["message"]
        shop.release("v3")
        good = shop.until("the promotion", lambda seen: seen.rests and len(seen.outcomes) > 1, 120)
        assert good.outcomes[0] == "Promoted", good.status


def test_a_release_of_connections_is_judged_by_a_query_of_ones_own(
    shop: Shop, port: int, operator: OperatorProcess
) -> None:
    """Looks count the connections that Istio's callers open, so the run gets through."""
    del operator
    shop.apply(below_http(), gateway(port, "TCP"), route(shop, "tcp", {"port": port}, BELOW_HTTP))
    failed = {
        "name": "failed",
        "promQL": "sum by (pod) (http_requests_total{code=~'5..',namespace='$namespace',pod=~'$pods'})",
        "outOf": "sum by (pod) (http_requests_total{namespace='$namespace',pod=~'$pods'})",
        "maxIncrease": "50%",
    }
    with calling(port):
        shop.adopt(judged_by(failed, SHORT, tcpRoutes=[{"port": port}]))
        shop.release("v2")
        seen = shop.until("the promotion", lambda seen: seen.rests and bool(seen.outcomes), 120)
        assert seen.outcomes == ["Promoted"], seen.status


def test_no_connection_moves_while_nothing_judges(shop: Shop, port: int, operator: OperatorProcess) -> None:
    """A query that finds nothing of the baseline holds the run before its first weight, and says so."""
    del operator
    shop.apply(route(shop, "tcp", {"port": port}))
    before = read(shop)["spec"]
    shop.adopt(connections_of(tcpRoutes=[{"port": port}]))
    shop.release("v2")
    held = shop.until("the run to hold", lambda seen: seen.held and seen.reason.startswith("Metrics"), 60)
    assert held.state == "Preparing"
    assert read(shop)["spec"] == before


@pytest.mark.usefixtures("installed")
def test_the_api_server_takes_connections_and_no_presets_for_them(shop: Shop) -> None:
    """What the rules say in CEL, and that the route of a rollout stays what it was."""
    tcp, tls = [{"port": 9000}], [{"port": 443, "sniHost": "*.example.com"}]
    for asked in ({"tcpRoutes": tcp}, {"tlsRoutes": tls}):
        shop.apply(connections_of(**asked))
        other = {"tcpRoutes": [{"port": 9001}]} if "tcpRoutes" in asked else {"tcpRoutes": tcp}
        assert "the route can't change" in refusal(shop, connections_of(**other))
        assert "the route can't change" in refusal(shop, connections_of())
        shop.kubectl("delete", "canaryrollout", NAME)
    preset = connections_of(tcpRoutes=tcp)
    preset["spec"]["analysis"]["metrics"] = [OWN, {"preset": "istio-error-rate", "max": "1%"}]
    assert 'metric "istio-error-rate" judges HTTP requests' in refusal(shop, preset)
    preset["spec"]["analysis"]["metrics"] = [{"preset": "requests", "max": "1%"}, {"preset": "restarts", "max": "0"}]
    assert not refusal(shop, preset)
    assert "give one of routes, tcpRoutes and tlsRoutes" in refusal(shop, connections_of(tcpRoutes=tcp, tlsRoutes=tls))


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_istio_refuses_what_we_never_write(shop: Shop, kind: str) -> None:
    """All weights 0; nothing would be stored if it did not, for such an object might end istiod."""
    body = route(shop, kind, {"port": 9000} | ({"sniHosts": [shop.host]} if kind == "tls" else {}))
    body["spec"][kind][0]["route"] = [{"destination": {"host": host}, "weight": 0} for host in (NAME, CANARY)]
    assert "total destination weight = 0" in refusal(shop, body)


def refusal(shop: Shop, body: Manifest) -> str:
    try:
        shop.kubectl("apply", "--dry-run=server", "-f", "-", input=json.dumps(body))
    except TestbedError as error:
        return str(error)
    return ""
