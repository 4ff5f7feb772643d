"""The metrics provider against a real Prometheus of its own, which may be frozen, killed and misconfigured."""

import asyncio
import json
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator.api.reasons import METRICS_MISSING, METRICS_STALE, METRICS_UNAVAILABLE
from canary_operator.api.rollout import Spec
from canary_operator.core.evidence.sample import Counter
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import Target
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.looker import Look, PrometheusMetrics
from testbed.binaries import tools

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

SERVICE = "checkout"
SECOND = TIMEOUT = timedelta(seconds=1)
PATIENCE = 20
"""Seconds: a look that failed is repeated within ten at the latest, and four tests at once share the machine."""
BUSY = 1.0
"""Seconds by which such a machine may say something later."""


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Page:
    """An HTTP server on a free port; `answer` is asked for each request: status and body."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        self.answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                status, body = page.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            do_GET = do_POST  # noqa: N815 -- the name is the standard library's

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        return Handler


class Gateway:
    """Counters as a gateway would export them; nothing is there before it is set."""

    def __init__(self) -> None:
        self.series: dict[str, float] = {}
        self.lag = 0.0
        """Seconds by which the samples' own times are behind."""
        self.page = Page(lambda _: (200, self._text()))

    def requests(self, service: str, **by_code: int) -> None:
        for code, count in by_code.items():
            self.series[f'istio_requests_total{{{labels(service)},response_code="{code.lstrip("_")}"}}'] = count

    def durations(self, service: str, below: dict[str, int]) -> None:
        for bound, count in below.items():
            self.series[f'istio_request_duration_milliseconds_bucket{{{labels(service)},le="{bound}"}}'] = count

    def _text(self) -> bytes:
        moment = f" {int((time.time() - self.lag) * 1000)}" if self.lag else ""
        return "".join(f"{name} {value}{moment}\n" for name, value in self.series.items()).encode()


def labels(service: str) -> str:
    return (
        f'reporter="source",destination_service_name="{service}",destination_service_namespace="shop",'
        'source_workload="istio-ingressgateway"'
    )


class OwnPrometheus:
    """Scrapes the gateway once a second."""

    def __init__(self, folder: Path, gateway: Gateway, *, jobs: int = 1, **settings: Any) -> None:
        self.port = a_port()
        target = {"targets": [f"127.0.0.1:{gateway.page.port}"], "labels": {"namespace": "istio-system", "pod": "gw-1"}}
        configuration = folder / "prometheus.yml"
        scrapes = [{"job_name": f"gateway-{number}", "static_configs": [target]} for number in range(jobs)]
        configuration.write_text(
            yaml.safe_dump(
                {
                    "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                    "scrape_configs": scrapes,
                    **settings,
                }
            )
        )
        self._command = [
            str(tools(["prometheus"], print)["prometheus"]),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--scrape.discovery-reload-interval=1s",
            "--log.level=error",
        ]
        self._log = folder / "log"
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)  # noqa: S603 -- our own tool
        for _ in range(200):
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.address}/-/ready", timeout=1)  # noqa: S310 -- our own address
                return
            time.sleep(0.05)
        pytest.fail(self._log.read_text())

    def wait_for(self, query: str) -> None:
        for _ in range(200):
            _, content = forward(self, urllib.parse.urlencode({"query": query}).encode())
            if json.loads(content)["data"]["result"]:
                return
            time.sleep(0.05)
        pytest.fail(f"{query} stayed empty")

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.page.close()


@pytest.fixture
def prometheus(tmp_path: Path, gateway: Gateway) -> Iterator[OwnPrometheus]:
    own = OwnPrometheus(tmp_path, gateway)
    yield own
    own.stop()


def a_provider(address: str, name: str = "default", **settings: Any) -> ProviderConfig:
    return ProviderConfig(name=name, address=address, **{"timeout": TIMEOUT, "scrape_interval": SECOND, **settings})


def a_target(uid: str = "u1", service: str = SERVICE) -> Target:
    spec = {
        "revision": "v2",
        "traffic": {"istio": {"virtualServices": [{"name": "x"}]}, "stableService": service},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target("shop", service, uid, Spec.model_validate(spec))


class Watcher:
    """Metrics that run, and what they told."""

    def __init__(self, *providers: ProviderConfig) -> None:
        self.told: list[str] = []
        self.looks: list[Look] = []
        self.metrics = PrometheusMetrics(
            providers, on_reading=self.told.append, observe=self.looks.append, now=lambda: datetime.now(UTC)
        )

    def reading(self, target: Target | None = None) -> Reading | Unknown:
        return self.metrics.latest(target or a_target())

    async def until(self, wanted: Callable[[Reading | Unknown], bool], *, seconds: float, uid: str = "u1") -> float:
        """How long it took."""
        began = time.monotonic()
        while not wanted(reading := self.reading(a_target(uid))):
            if time.monotonic() - began > seconds:
                pytest.fail(f"after {seconds} s still {reading}")
            await asyncio.sleep(0.02)
        return time.monotonic() - began


@asynccontextmanager
async def watching(*providers: ProviderConfig) -> AsyncIterator[Watcher]:
    """Watches one rollout at each provider, `u1` at the first."""
    watcher = Watcher(*providers)
    for number, provider in enumerate(providers, start=1):
        watcher.metrics.watch(a_target(f"u{number}"), provider=provider.name)
    task = asyncio.create_task(watcher.metrics.run())
    try:
        yield watcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def is_reading(reading: Reading | Unknown) -> bool:
    return isinstance(reading, Reading)


def unknown(text: str, code: str = METRICS_UNAVAILABLE) -> Callable[[Reading | Unknown], bool]:
    return lambda reading: isinstance(reading, Unknown) and reading.code == code and text in reading.reason


def counted(**arms: Counter | None) -> Callable[[Reading | Unknown], bool]:
    """The only source holds exactly these counters."""

    def check(reading: Reading | Unknown) -> bool:
        if not isinstance(reading, Reading):
            return False
        sources = list(reading.sample.sources.values())
        return len(sources) == 1 and all(getattr(sources[0], arm) == counter for arm, counter in arms.items())

    return check


async def test_raw_counters_of_both_arms_arrive_as_scraped(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """A series that is born counts at once, a counter that starts again is told as it is, and idle arms stay apart."""
    gateway.requests(SERVICE, _200=1000, _404=7, _500=3, _503=2)
    gateway.requests("another", _500=99)
    async with watching(a_provider(prometheus.address, scrape_interval=None)) as watcher:
        await watcher.until(counted(canary=None, baseline=Counter(1012, 5)), seconds=PATIENCE)
        gateway.requests(f"{SERVICE}-canary", _503=1)
        await watcher.until(counted(canary=Counter(1, 1), baseline=Counter(1012, 5)), seconds=PATIENCE)
        gateway.series.clear()
        gateway.requests(SERVICE, _200=4)
        gateway.requests(f"{SERVICE}-canary", _200=2)
        await watcher.until(counted(canary=Counter(2, 0), baseline=Counter(4, 0)), seconds=PATIENCE)
        reading = watcher.reading()
    assert isinstance(reading, Reading)
    assert list(reading.sample.sources) == ["istio-system/gw-1"]
    assert abs(reading.scrape - timedelta(seconds=1)) <= timedelta(seconds=0.3), "a busy machine scrapes a little late"
    assert reading.settle == reading.scrape


async def test_the_settle_time_is_the_baselines_slowest_percent(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """A baseline whose requests take up to ten seconds needs that long to settle after a change of weight."""
    gateway.requests(SERVICE, _200=0)
    gateway.durations(SERVICE, {"1000": 0, "10000": 0, "+Inf": 0})
    await asyncio.to_thread(prometheus.wait_for, "count_over_time(istio_requests_total[1m]) > 1")
    gateway.durations(SERVICE, {"1000": 900, "10000": 1000, "+Inf": 1000})
    await asyncio.to_thread(prometheus.wait_for, "istio_request_duration_milliseconds_bucket > 0")
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(is_reading, seconds=PATIENCE)
        reading = watcher.reading()
    assert isinstance(reading, Reading)
    assert timedelta(seconds=9) < reading.settle < timedelta(seconds=10)


async def test_errors_that_came_in_groups_before_are_known(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """A minute in which thirty errors come at once every twenty seconds, measured by the real subquery."""
    for second in range(70):
        gateway.requests(SERVICE, _200=7 * second + 1, _500=30 * (second // 20))
        await asyncio.sleep(1)
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(is_reading, seconds=10)
        reading = watcher.reading()
    assert isinstance(reading, Reading)
    assert reading.phi > 5


@pytest.mark.serial
async def test_looks_follow_the_scrapes_closely(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """Each scrape is told once, soon after it happened."""
    gateway.requests(SERVICE, _200=1)
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(is_reading, seconds=10)
        await asyncio.sleep(2.5)
        told, looks, ages, began = len(watcher.told), len(watcher.looks), [], time.monotonic()
        for _ in range(40):
            reading = watcher.reading()
            assert isinstance(reading, Reading)
            assert reading.sample.at is not None
            ages.append(time.time() - reading.sample.at.timestamp())
            await asyncio.sleep(0.1)
        scrapes = time.monotonic() - began
    assert abs(len(watcher.told) - told - scrapes) < 1.5
    assert abs(len(watcher.looks) - looks - scrapes) < 1.5
    assert max(ages) < 1.45
    assert sorted(ages)[len(ages) // 2] < 0.85


async def test_a_frozen_prometheus_blinds_its_own_rollouts_only(
    gateway: Gateway, prometheus: OwnPrometheus, tmp_path: Path
) -> None:
    """It is said within a look and the timeout; other providers and the event loop go on; it recovers by itself."""
    gateway.requests(SERVICE, _200=1)
    (tmp_path / "second").mkdir()
    second = OwnPrometheus(tmp_path / "second", gateway)
    try:
        async with watching(a_provider(prometheus.address), a_provider(second.address, "second")) as watcher:
            await watcher.until(is_reading, seconds=10)
            await watcher.until(is_reading, seconds=10, uid="u2")
            prometheus.signal(signal.SIGSTOP)
            delay = await watcher.until(unknown("no answer within 1 s"), seconds=PATIENCE)
            told, failures = watcher.told.count("u2"), watcher.told.count("u1")
            worst = await longest_pause(seconds=3)
            async with asyncio.timeout(PATIENCE):
                while watcher.told.count("u2") < told + 2:  # noqa: ASYNC110 -- the watcher only counts
                    await asyncio.sleep(0.05)
            assert watcher.told.count("u1") > failures, "each further failed attempt is told"
            prometheus.signal(signal.SIGCONT)
            await watcher.until(is_reading, seconds=PATIENCE)
    finally:
        second.stop()
    assert delay < 2.5 + BUSY
    assert worst < 0.9, "a loop that waited for the frozen one would stand still for its whole timeout of 1 s"


async def test_a_frozen_prometheus_does_not_delay_the_end(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """The operator ends at once although a query still hangs."""
    gateway.requests(SERVICE, _200=1)
    async with watching(a_provider(prometheus.address, timeout=timedelta(seconds=20))) as watcher:
        await watcher.until(is_reading, seconds=10)
        prometheus.signal(signal.SIGSTOP)
        await asyncio.sleep(2)
        began = time.monotonic()
    assert time.monotonic() - began < BUSY


async def test_a_killed_prometheus_is_said_and_a_restarted_one_believed(
    gateway: Gateway, prometheus: OwnPrometheus
) -> None:
    """Nothing has to be done by hand after an outage."""
    gateway.requests(SERVICE, _200=1)
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(is_reading, seconds=10)
        prometheus.stop()
        assert await watcher.until(unknown("connection refused"), seconds=PATIENCE) < 1.5 + BUSY
        gateway.requests(SERVICE, _200=5)
        await asyncio.to_thread(prometheus.start)
        await watcher.until(counted(baseline=Counter(5, 0)), seconds=PATIENCE)


async def test_errors_and_broken_answers_are_told_in_the_servers_words(
    gateway: Gateway, prometheus: OwnPrometheus
) -> None:
    """HTTP 500, a redirect, half an answer and a foreign page each make the reading unknown."""
    gateway.requests(SERVICE, _200=1)
    fault: list[tuple[int, bytes]] = []
    proxy = Page(lambda body: fault[0] if fault else forward(prometheus, body))
    try:
        async with watching(a_provider(f"http://127.0.0.1:{proxy.port}")) as watcher:
            await watcher.until(is_reading, seconds=10)
            for answer, words in (
                ((500, b'{"status":"error","error":"query timed out"}'), "HTTP 500: query timed out"),
                ((302, b""), "HTTP 302"),
                ((200, b"<html>"), "not that of a Prometheus"),
                ((200, b'{"status":"success","data":{"result":[{"metric":{}}]}}'), "not what was asked for"),
            ):
                fault[:] = [answer]
                await watcher.until(unknown(words), seconds=PATIENCE)
                fault.clear()
                await watcher.until(is_reading, seconds=PATIENCE)
    finally:
        proxy.close()


async def test_an_answer_that_comes_in_drops_is_given_up(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """A server that sends just often enough to keep the connection alive can't hold a look for ever."""
    gateway.requests(SERVICE, _200=1)
    slow = threading.Event()

    def answer(body: bytes) -> tuple[int, bytes]:
        if slow.is_set():
            raise Dribble
        return forward(prometheus, body)

    proxy = DribblingPage(answer)
    try:
        async with watching(a_provider(f"http://127.0.0.1:{proxy.port}")) as watcher:
            await watcher.until(is_reading, seconds=10)
            slow.set()
            await watcher.until(unknown("no complete answer within 2 s"), seconds=PATIENCE)
            slow.clear()
            proxy.stop_dribbling()
            await watcher.until(is_reading, seconds=PATIENCE)
    finally:
        proxy.close()


async def test_a_partial_answer_is_no_answer(gateway: Gateway, tmp_path: Path) -> None:
    """When a remote store does not answer, Prometheus warns and gives what it has: nobody is judged by that."""
    gateway.requests(SERVICE, _200=1)
    own = OwnPrometheus(
        tmp_path, gateway, remote_read=[{"url": f"http://127.0.0.1:{a_port()}/read", "read_recent": True}]
    )
    try:
        async with watching(a_provider(own.address)) as watcher:
            await watcher.until(unknown("partial answer"), seconds=PATIENCE)
    finally:
        own.stop()


async def test_no_series_at_all_is_missing(prometheus: OwnPrometheus) -> None:
    """Without traffic nothing can be measured, and that is said as what it is."""
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(unknown("no request to the Service shop/checkout", METRICS_MISSING), seconds=PATIENCE)


async def test_a_service_that_is_written_otherwise_is_named(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """What there is instead, nearest first; and whether only receivers count."""
    gateway.requests("chekout", _200=1)
    gateway.requests("cart", _200=1)
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(
            unknown("requests to chekout, cart; did you mean chekout?", METRICS_MISSING), seconds=PATIENCE
        )


async def test_old_samples_are_stale_by_the_servers_own_clock(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """More than three scrape intervals behind, nobody is judged."""
    gateway.requests(SERVICE, _200=1)
    gateway.lag = 8.0
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(unknown("the newest sample is", METRICS_STALE), seconds=PATIENCE)
        gateway.lag = 1.5
        await watcher.until(is_reading, seconds=PATIENCE)


async def test_a_source_scraped_twice_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    """Two jobs that scrape the same pod would count each request twice."""
    gateway.requests(SERVICE, _200=1)
    own = OwnPrometheus(tmp_path, gateway, jobs=2)
    try:
        async with watching(a_provider(own.address)) as watcher:
            await watcher.until(unknown("differ in job"), seconds=PATIENCE)
        async with watching(a_provider(own.address, match_labels={"job": "gateway-1"})) as watcher:
            await watcher.until(counted(baseline=Counter(1, 0)), seconds=10)
    finally:
        own.stop()


async def test_nothing_is_asked_while_nothing_is_watched(gateway: Gateway, prometheus: OwnPrometheus) -> None:
    """An operator at rest costs Prometheus nothing."""
    gateway.requests(SERVICE, _200=1)
    async with watching(a_provider(prometheus.address)) as watcher:
        await watcher.until(is_reading, seconds=10)
        watcher.metrics.unwatch("u1")
        await asyncio.sleep(0.5)
        looks = len(watcher.looks)
        await asyncio.sleep(2.5)
        assert len(watcher.looks) == looks
        watcher.metrics.watch(a_target(), provider="default")
        await watcher.until(is_reading, seconds=PATIENCE)


async def longest_pause(seconds: float) -> float:
    """The longest time for which the event loop did not come round."""
    worst, last = 0.0, time.monotonic()
    until = last + seconds
    while last < until:
        await asyncio.sleep(0.005)
        worst, last = max(worst, time.monotonic() - last), time.monotonic()
    return worst


def forward(prometheus: OwnPrometheus, body: bytes) -> tuple[int, bytes]:
    with urllib.request.urlopen(f"{prometheus.address}/api/v1/query", body, timeout=3) as answer:  # noqa: S310 -- ours
        content: bytes = answer.read()
    assert json.loads(content)["status"] == "success"
    return 200, content


class Dribble(Exception):
    """Send one byte at a time from now on."""


class DribblingPage(Page):
    """Sends the first bytes of an answer and then a byte now and then."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        self._stopped = threading.Event()
        super().__init__(answer)

    def stop_dribbling(self) -> None:
        self._stopped.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page, ordinary = self, super()._handler()

        class Handler(ordinary):  # type: ignore[misc, valid-type]
            def do_POST(self) -> None:  # noqa: N802 -- the name is the standard library's
                try:
                    super().do_POST()
                except Dribble:
                    self.send_response(200)
                    self.send_header("Content-Length", "100000")
                    self.end_headers()
                    with suppress(BrokenPipeError, ConnectionResetError):
                        while not page._stopped.wait(0.3):
                            self.wfile.write(b" ")
                    self.close_connection = True

        return Handler
