"""The looks against a scripted server; `tests/integration` proves them against a real one."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canary_operator.api.metric import RequestCounter
from canary_operator.api.reasons import METRICS_UNAVAILABLE, PROVIDER_UNKNOWN
from canary_operator.api.rollout import Istio, Spec, Subsets, VirtualServiceRef, Workload
from canary_operator.core.evidence.sample import SourceSample
from canary_operator.core.world import Reading, Unknown
from canary_operator.errors import Unavailable
from canary_operator.ports import Beside, Target
from canary_operator.providers.metrics import pace
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.looker import Look, PrometheusMetrics, arms_of
from canary_operator.providers.metrics.queries import CONNECTIONS_OF_WORKLOADS, OF_WORKLOADS, Service
from tests.providers.metrics.answers import NOW, counted, row, scraped

PERIOD = 0.05
OUR_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other twenty times as fast as they would."""
    for module in ("pace", "looks", "watchlist"):
        monkeypatch.setattr(f"canary_operator.providers.metrics.{module}.SHORTEST_PERIOD", PERIOD)
    monkeypatch.setattr(pace, "LONGEST_WAIT", 0.4)


class Scripted:
    """Has one gateway with ten requests more at each look, unless told otherwise."""

    def __init__(self, *services: str) -> None:
        self.services = services or ("checkout",)
        self.error: Exception | None = None
        self.survey_error: Exception | None = None
        self.hang = threading.Event()
        self.hang.set()
        self.still = False
        self.looks: list[str] = []
        self.surveys: list[str] = []
        self.closed = 0

    def ask(self, query: str) -> Sequence[Any]:
        if not query.startswith("label_replace"):
            return self._survey(query)
        self.looks.append(query)
        self.hang.wait()
        if self.error:
            raise self.error
        count = 10 if self.still else 10 * len(self.looks)
        rows = [one for name in self.services for one in counted(Service("shop", name), count)]
        return [*rows, scraped(NOW)] if rows else [row("scraped", NOW)]

    def _survey(self, query: str) -> Sequence[Any]:
        if query.startswith("group by"):
            labels = {"destination_service_namespace": "shop", "reporter": "source"}
            return [{"metric": {**labels, "destination_service_name": name}} for name in self.services]
        self.surveys.append(query)
        if self.survey_error:
            raise self.survey_error
        durations_or_history = query.startswith(("histogram_quantile", "("))
        return [] if durations_or_history else [{"metric": {}, "values": [[at, "1"] for at in (1, 2, 3)]}]

    def close(self) -> None:
        self.closed += 1


def a_target(name: str = "checkout") -> Target:
    spec = {
        "revision": "v2",
        "traffic": {"istio": {"virtualServices": [{"name": "x"}]}, "stableService": name},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target("shop", name, f"uid-{name}", Spec.model_validate(spec))


class Told:
    """The metrics under test, and everything that they told."""

    def __init__(self, **servers: Scripted) -> None:
        self.uids: list[str] = []
        self.looks: list[Look] = []
        providers = [ProviderConfig(name=name, address="http://p", timeout=timedelta(seconds=0.1)) for name in servers]
        self.metrics = PrometheusMetrics(
            providers,
            on_reading=self.uids.append,
            observe=self.looks.append,
            now=lambda: OUR_NOON,
            connect=lambda config: servers[config.name],
        )

    async def until(self, kind: type[Reading | Unknown], target: Target, text: str = "") -> Any:
        async with asyncio.timeout(15):
            while True:
                found = self.metrics.latest(target)
                if isinstance(found, kind) and text in getattr(found, "reason", ""):
                    return found
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running(told: Told) -> AsyncIterator[PrometheusMetrics]:
    task = asyncio.create_task(told.metrics.run())
    try:
        yield told.metrics
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_watched_rollout_gets_readings_one_after_the_other() -> None:
    """Measured first, then told at every scrape."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    assert told.metrics.latest(target) == Unknown("the metrics of this rollout are not watched")
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        assert isinstance(metrics.latest(target), Unknown)
        reading = await told.until(Reading, target)
        assert (reading.scrape, reading.settle) == (timedelta(seconds=1), timedelta(seconds=1))
        assert told.uids[-1] == target.uid
    assert server.closed == 6, (
        "requests, connections, pods and applications are asked apart, of Services and of workloads"
    )


async def test_services_may_exchange_their_roles() -> None:
    """What was measured and read before is forgotten: it was said of the other arm."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        before = sources_of(await told.until(Reading, target))
        metrics.watch(target, provider="default", exchanged=True)
        assert isinstance(metrics.latest(target), Unknown)
        server.services = ("checkout-canary",)
        after = sources_of(await told.until(Reading, target))
    assert before.canary is None
    assert before.baseline is not None
    assert after.canary is None
    assert after.baseline is not None


def sources_of(reading: Reading) -> SourceSample:
    (source,) = reading.sample.sources.values()
    return source


async def test_one_question_serves_all_rollouts() -> None:
    """A hundred rollouts cost as many looks as one, and four questions to measure them."""
    names = [f"s{number}" for number in range(100)]
    server = Scripted(*names)
    told = Told(default=server)
    async with running(told) as metrics:
        for name in names:
            metrics.watch(a_target(name), provider="default")
        for name in names:
            await told.until(Reading, a_target(name))
    assert 2 <= len(server.looks) < 10, "a slow machine may need one more"
    assert len(server.surveys) == 4


async def test_a_service_without_requests_is_said_with_those_that_have_some() -> None:
    """A name that is written otherwise is found by the reader at once."""
    told = Told(default=Scripted("chekout"))
    target = a_target("checkout")
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        await told.until(Unknown, target, "did you mean chekout?")


async def test_an_unknown_provider_is_said_with_the_known_ones() -> None:
    """And never replaced by another."""
    told = Told(eu=Scripted(), us=Scripted())
    told.metrics.watch(a_target(), provider="default")
    unknown = told.metrics.latest(a_target())
    assert unknown == Unknown("there is no metrics provider default; known are: eu, us", PROVIDER_UNKNOWN)


async def test_a_failure_is_told_at_once_and_each_time_and_so_is_the_recovery() -> None:
    """The old reading is not given out any more; the first good answer ends the outage."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        await told.until(Reading, target)
        server.error = Unavailable("Prometheus default (http://p): connection refused")
        unknown = await told.until(Unknown, target)
        assert unknown == Unknown("Prometheus default (http://p): connection refused", METRICS_UNAVAILABLE)
        before = len(told.uids)
        await asyncio.sleep(0.3)
        assert len(told.uids) - before <= 5, "ever more patiently"
        for _ in range(500):
            await asyncio.sleep(0.02 if len(told.uids) - before < 2 else 0)
        assert len(told.uids) - before >= 2, "but each time"
        server.error = None
        await told.until(Reading, target)
    assert "connection refused" in str([look.error for look in told.looks])
    assert told.looks[-1].error is None


async def test_a_hanging_server_blinds_its_own_rollouts_and_gathers_no_questions() -> None:
    """Another provider goes on, one question hangs, and the end does not wait for it."""
    hanging, healthy = Scripted("a"), Scripted("b")
    told = Told(hanging=hanging, healthy=healthy)
    async with running(told) as metrics:
        metrics.watch(a_target("a"), provider="hanging")
        metrics.watch(a_target("b"), provider="healthy")
        await told.until(Reading, a_target("a"))
        hanging.hang.clear()
        await told.until(Unknown, a_target("a"), "no complete answer within 1.1 s")
        asked, looks = len(hanging.looks), len(healthy.looks)
        await asyncio.sleep(1.3)
        assert len(hanging.looks) == asked
        assert len(healthy.looks) > looks
        began = time.monotonic()
    assert time.monotonic() - began < 0.1
    hanging.hang.set()


async def test_a_sample_is_told_once() -> None:
    """A look that finds nothing new wakes nobody."""
    server, target = Scripted(), a_target()
    server.still = True
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        await told.until(Reading, target)
        told_until_now, looks = len(told.uids), len(server.looks)
        metrics.watch(a_target("newcomer"), provider="default")
        await asyncio.sleep(0.3)
    assert len(server.looks) > looks
    assert target.uid not in told.uids[told_until_now:]


async def test_what_was_measured_is_kept_until_the_rollout_is_forgotten() -> None:
    """Watching again at every pass costs nothing; a further run is measured anew."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        await told.until(Reading, target)
        surveys = len(server.surveys)
        metrics.watch(target, provider="default")
        assert isinstance(metrics.latest(target), Reading)
        metrics.unwatch(target.uid)
        assert isinstance(metrics.latest(target), Unknown)
        metrics.watch(target, provider="default")
        assert isinstance(metrics.latest(target), Unknown)
        await told.until(Reading, target)
        assert len(server.surveys) == 2 * surveys


async def test_a_rollout_may_change_its_provider() -> None:
    """The old one is not asked for it any more."""
    old, new = Scripted(), Scripted()
    told = Told(old=old, new=new)
    async with running(told) as metrics:
        metrics.watch(a_target(), provider="old")
        await told.until(Reading, a_target())
        metrics.watch(a_target(), provider="new")
        await told.until(Reading, a_target())
        asked = len(old.looks)
        await asyncio.sleep(0.2)
        assert len(old.looks) == asked


async def test_a_survey_that_fails_is_said_and_tried_again() -> None:
    """Looks go on meanwhile, so that it begins as soon as the server can."""
    server, target = Scripted(), a_target()
    server.survey_error = Unavailable("query processing would load too many samples")
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        await told.until(Unknown, target, "too many samples")
        await asyncio.sleep(0.2)
        assert "too many samples" in str(metrics.latest(target)), "it stays said"
        server.survey_error = None
        await told.until(Reading, target)


async def test_rest_costs_no_question() -> None:
    """Neither before the first rollout nor after the last."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    async with running(told) as metrics:
        await asyncio.sleep(0.1)
        assert server.looks == []
        metrics.watch(target, provider="default")
        await told.until(Reading, target)
        metrics.unwatch(target.uid)
        metrics.unwatch("somebody")
        await asyncio.sleep(0.1)
        asked = len(server.looks)
        await asyncio.sleep(0.3)
        assert len(server.looks) == asked


async def test_a_reading_that_nothing_follows_grows_old() -> None:
    """Should the looks end unnoticed, nobody is judged by what they last saw; started again they go on."""
    server, target = Scripted(), a_target()
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default")
        reading = await told.until(Reading, target)
    assert isinstance(metrics.latest(target), Reading)
    with pytest.MonkeyPatch.context() as patch:
        later = time.monotonic() + 3 * reading.scrape.total_seconds() + 1.2
        patch.setattr("canary_operator.providers.metrics.watchlist.time.monotonic", lambda: later)
        assert "no look at the metrics was finished" in str(metrics.latest(target))
    async with running(told):
        asked = len(server.looks)
        await asyncio.sleep(0.1)
        assert len(server.looks) > asked


async def test_a_reading_says_how_far_its_providers_clock_is_from_ours() -> None:
    """Our own times, such as that of a change of weight, can then be compared with those of its samples."""
    told = Told(default=Scripted())
    async with running(told) as metrics:
        metrics.watch(a_target(), provider="default")
        reading = await told.until(Reading, a_target())
    assert reading.sample.at - reading.skew == OUR_NOON


async def test_pods_that_count_by_themselves_are_asked_apart_from_the_callers() -> None:
    """A counter of somebody's own never delays those whose requests Istio counts."""
    server = Scripted()
    told = Told(default=server)
    by_callers, by_pods = a_target("checkout"), with_a_workload(a_target("basket"))
    async with running(told) as metrics:
        metrics.watch(by_callers, provider="default")
        metrics.watch(by_pods, provider="default", beside=Beside(counter=RequestCounter()))
        await told.until(Reading, by_callers)
        await told.until(Unknown, by_pods, "Prometheus has no http_requests_total of the baseline's pods")
        metrics.watch(by_pods, provider="default")
        metrics.unwatch(by_pods.uid)
        assert metrics.latest(by_pods) == Unknown("the metrics of this rollout are not watched")
    assert not any("http_requests_total" in look and "istio_requests_total" in look for look in server.looks)


def with_a_workload(target: Target) -> Target:
    workload = Workload.model_validate({"deploymentRef": {"name": target.name}})
    return replace(target, spec=target.spec.model_copy(update={"workload": workload}))


def a_workload_target() -> Target:
    target = a_target()
    workload = Workload.model_validate({"deploymentRef": {"name": "shop-checkout"}})
    return replace(target, spec=target.spec.model_copy(update={"workload": workload, "revision": None}))


async def test_who_answers_copies_is_asked_for_them_and_then_the_callers_again() -> None:
    """By Deployments, whose counts are measured anew; and nobody is asked for both."""
    server, target = Scripted(), a_workload_target()
    told = Told(default=server)
    async with running(told) as metrics:
        metrics.watch(target, provider="default", beside=Beside(copies=True))
        found = await told.until(Unknown, target, "Deployment shop/shop-checkout counted")
        assert "reporter=" in found.reason
        assert "mirrored requests are counted by nobody else" in found.reason
        asked = [query for query in server.looks if "destination_workload" in query]
        assert asked == server.looks
        assert 'destination_workload=~"shop-checkout|shop-checkout-canary"' in asked[-1]
        metrics.watch(target, provider="default")
        await told.until(Reading, target)
        server.looks.clear()
        await told.until(Reading, target)
        assert not any("destination_workload" in query for query in server.looks)


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_arms_of_copies_are_deployments(exchanged: bool) -> None:
    """By their roles; an application that counts by itself does so for copies too."""
    arms = arms_of(a_workload_target(), Beside(copies=True), exchanged=exchanged)
    names = [Service("shop", "shop-checkout"), Service("shop", "shop-checkout-canary")]
    assert [arms.stable, arms.canary] == (names[::-1] if exchanged else names)
    assert arms.copies
    counted = arms_of(a_workload_target(), Beside(copies=True, counter=RequestCounter()), exchanged=exchanged)
    assert not counted.copies
    assert counted.application is not None


@pytest.mark.parametrize("below_http", [False, True])
def test_with_subsets_the_arms_are_the_two_deployments(*, below_http: bool) -> None:
    """They share their Service, so only who answered tells them apart."""
    spec = a_target().spec
    assert spec.traffic.istio is not None
    subsets = Subsets(destination_rule="checkout")
    named = {"name": "x", "tcpRoutes": [{"port": 9000}]} if below_http else {"name": "x"}
    istio = Istio(subsets=subsets, virtual_services=(VirtualServiceRef.model_validate(named),))
    traffic = spec.traffic.model_copy(update={"istio": istio})
    workload = Workload.model_validate({"deploymentRef": {"name": "shop"}})
    target = replace(a_target(), spec=spec.model_copy(update={"traffic": traffic, "workload": workload}))
    found = arms_of(target, exchanged=False)
    assert (found.stable, found.canary) == (Service("shop", "shop"), Service("shop", "shop-canary"))
    assert found.counted == (CONNECTIONS_OF_WORKLOADS if below_http else OF_WORKLOADS)
    back = arms_of(target, exchanged=True)
    assert (back.stable, back.canary) == (found.canary, found.stable)
    server = Scripted()
    told = Told(default=server)
    told.metrics.watch(target, provider="default")
    assert told.metrics.latest(target) == Unknown("the first look at the metrics is under way")
