import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from testbed.kubelet.http_server import Answer, listen
from testbed.load import Load, Plan, summarise
from testbed.load.command import main


class Shop:
    """Sets a cookie, and answers with what it was told to."""

    def __init__(self, status: int = 200, delay: float = 0.0) -> None:
        self._answer = Answer(status, b"hello", b"x-version: v1\r\nx-pod: a\r\nSet-Cookie: arm=1; Path=/\r\n", delay)

    def answer(self, path: str) -> Answer:
        assert path == "/pay"
        return self._answer

    def sent(self, answer: Answer) -> None:
        pass


@pytest.fixture
def plan(unused_tcp_port: int) -> Callable[..., Plan]:
    def make(rate: float, seconds: float, **settings: float) -> Plan:
        gateway = f"http://127.0.0.1:{unused_tcp_port}"
        return Plan(gateway, "checkout.example", rate, seconds, path="/pay", **settings)  # type: ignore[arg-type]

    return make


@asynccontextmanager
async def serving(plan: Plan, shop: Shop) -> AsyncIterator[None]:
    listener = await listen(*plan.address, shop)
    yield
    listener.close()
    await asyncio.sleep(0)


async def finished(plan: Plan, shop: Shop) -> Load:
    async with serving(plan, shop):
        load = Load(plan)
        load.start()
        await load.finish()
    return load


async def test_everything_that_is_due_is_sent(plan: Callable[..., Plan]) -> None:
    """100 per second for half a second are 50 requests, and take that long."""
    started = asyncio.get_running_loop().time()
    load = await finished(plan(100, 0.5), Shop())
    assert asyncio.get_running_loop().time() - started == pytest.approx(0.5, abs=0.2)
    summary = summarise(load.record)
    assert (summary["sent"], summary["statuses"], summary["errors"]) == (50, {"200": 50}, {})
    assert summary["pods"] == {"a": 50}


async def test_slow_answers_slow_nothing_down(plan: Callable[..., Plan]) -> None:
    """Requests keep their distances while earlier ones are still on their way."""
    load = await finished(plan(100, 0.3), Shop(delay=0.4))
    assert load.record.sent == 30
    assert min(load.record.versions["v1"].milliseconds) >= 395


async def test_a_queue_counts_as_latency(plan: Callable[..., Plan]) -> None:
    """With one connection and 50 ms per answer the last of ten waits half a second."""
    load = await finished(plan(100, 0.1, connections=1), Shop(delay=0.05))
    assert max(load.record.versions["v1"].milliseconds) >= 390


async def test_a_request_that_takes_too_long_is_a_timeout(plan: Callable[..., Plan]) -> None:
    """It is given up and counted."""
    load = await finished(plan(50, 0.1, timeout=0.1), Shop(delay=5))
    assert load.record.errors == {"timeout": 5}
    assert load.record.first_error is not None


async def test_a_closed_port_is_an_error_not_an_end(plan: Callable[..., Plan]) -> None:
    """The load goes on, since servers come back."""
    load = Load(plan(50, 0.1))
    load.start()
    await load.finish()
    assert load.record.errors == {"ConnectionRefusedError": 5}


async def test_a_load_can_be_stopped(plan: Callable[..., Plan]) -> None:
    """Leaving the block ends the sending; what is under way is still counted."""
    endless = plan(100, 3600)
    async with serving(endless, Shop(delay=0.05)):
        async with Load(endless) as load:
            await asyncio.sleep(0.2)
        sent = load.record.sent
        await asyncio.sleep(0.05)
    assert load.record.sent == sent == load.record.versions["v1"].statuses[200]


async def test_users_keep_their_cookies(plan: Callable[..., Plan]) -> None:
    """What a server set for one user is sent back by that user alone."""
    load = await finished(plan(100, 0.1, users=1), Shop())
    head = load._head(0)
    assert b"\r\nx-user: 0\r\n" in head
    assert b"\r\ncookie: arm=1\r\n" in head
    assert b"cookie" not in load._head(1)


def test_the_command_refuses_a_foreign_target(capsys: pytest.CaptureFixture[str]) -> None:
    """With a message and an exit code, before anything is sent."""
    with pytest.raises(SystemExit, match="2"):
        main(["--gateway", "http://192.0.2.1", "--host", "x"])
    assert "loopback" in capsys.readouterr().err


async def test_the_command_prints_json(plan: Callable[..., Plan]) -> None:
    """What it prints can be read by a program."""
    short = plan(20, 0.2)
    async with serving(short, Shop(status=503)):
        command = f"-m testbed.load --gateway {short.gateway} --host x --rps 20 --seconds 0.2 --path /pay --timeline"
        process = await asyncio.create_subprocess_exec(sys.executable, *command.split(), stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
    summary = json.loads(output)
    assert summary["versions"]["v1"]["statuses"] == {"503": 4}
    assert sum(second["versions"]["v1"]["503"] for second in summary["timeline"]) == 4
