import aiohttp
import pytest

from canary_operator.operator.serve import served
from canary_operator.settings import Listen


class Process:
    def __init__(self) -> None:
        self.missing: list[str] = []


@pytest.fixture
def process() -> Process:
    return Process()


async def ask(process: Process, path: str) -> tuple[int, str, str]:
    listen = Listen("127.0.0.1", 0)
    async with (
        served(listen, not_ready=lambda: process.missing, metrics=lambda: b"canary_operator_leader 1.0\n") as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text(), answer.headers["Content-Type"]


async def test_alive_is_who_answers(process: Process) -> None:
    """Whatever is missing outside, a restart would not bring it."""
    process.missing = ["nothing is there"]
    assert (await ask(process, "/healthz"))[0] == 200


async def test_ready_is_who_has_seen_everything(process: Process) -> None:
    """Leading or not."""
    assert (await ask(process, "/readyz"))[0] == 200


async def test_who_is_not_ready_says_why(process: Process) -> None:
    """One line for each thing that is missing."""
    process.missing = ["the API server does not serve virtualservices.networking.istio.io v1", "more"]
    status, text, _ = await ask(process, "/readyz")
    assert status == 503
    assert text.splitlines() == process.missing


async def test_metrics_are_in_prometheus_format(process: Process) -> None:
    """The text format, with its content type."""
    status, text, kind = await ask(process, "/metrics")
    assert (status, text) == (200, "canary_operator_leader 1.0\n")
    assert kind.startswith("text/plain; version=0.0.4")
