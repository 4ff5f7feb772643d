import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from testbed.kubelet import api as module
from testbed.kubelet.api import Api, Changed, Listed, Refused
from testbed.kubelet.credentials import Credentials

POD = {"metadata": {"name": "a", "resourceVersion": "7"}}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)


class Server:
    """Answers with what was prepared, in order; the last answer repeats."""

    def __init__(self, *answers: web.Response | Callable[[], web.Response]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs, await request.text()))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer() if callable(answer) else answer


@asynccontextmanager
async def api_of(server: Server, port: int) -> AsyncIterator[Api]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with Api(Credentials(f"http://127.0.0.1:{port}", "secret", ssl.create_default_context())) as api:
            yield api
    finally:
        await runner.cleanup()


def listing(*items: Any, version: str = "5") -> Callable[[], web.Response]:
    return lambda: web.json_response({"metadata": {"resourceVersion": version}, "items": items})


def events(*lines: Any) -> Callable[[], web.Response]:
    return lambda: web.Response(text="".join(json.dumps(line) + "\n" for line in lines))


def status(code: int) -> Callable[[], web.Response]:
    return lambda: web.Response(status=code, text="no")


async def seen(api: Api, count: int) -> list[Listed | Changed]:
    news: list[Listed | Changed] = []
    async for one in api.follow("/api/v1/pods"):
        news.append(one)
        if len(news) == count:
            break
    return news


async def test_a_list_is_followed_by_its_changes(unused_tcp_port: int) -> None:
    """The watch starts where the list ended, goes on after a bookmark, and survives its own end."""
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    server = Server(
        listing(POD),
        events({"type": "ADDED", "object": POD}, bookmark),
        events(),
        events({"type": "DELETED", "object": POD}),
    )
    async with api_of(server, unused_tcp_port) as api:
        assert await seen(api, 3) == [Listed((POD,)), Changed("ADDED", POD), Changed("DELETED", POD)]
    versions = [path.split("resourceVersion=")[1].split("&")[0] for _, path, _ in server.asked if "watch=1" in path]
    assert versions[:3] == ["5", "9", "9"]


@pytest.mark.parametrize(
    "trouble",
    [
        status(410),
        status(429),
        status(503),
        events({"type": "ERROR", "object": {"code": 410}}),
        lambda: web.Response(text="{"),
    ],
    ids=["gone", "busy", "starting", "gone within the watch", "cut off"],
)
async def test_a_broken_watch_begins_again_with_a_list(
    unused_tcp_port: int, trouble: Callable[[], web.Response]
) -> None:
    """Whatever breaks it, nothing is missed, because a fresh list follows."""
    server = Server(listing(), trouble, listing(POD))
    async with api_of(server, unused_tcp_port) as api:
        assert await seen(api, 2) == [Listed(()), Listed((POD,))]


async def test_a_busy_list_is_asked_for_again(unused_tcp_port: int) -> None:
    """A fresh API server says 429 for a while."""
    async with api_of(Server(status(429), status(403), listing(POD)), unused_tcp_port) as api:
        assert await seen(api, 1) == [Listed((POD,))]


async def test_a_change_is_tried_until_the_api_server_answers(unused_tcp_port: int) -> None:
    """429 and 500 pass; the patch names the uid."""
    server = Server(status(429), status(500), status(200))
    async with api_of(server, unused_tcp_port) as api:
        assert await api.patch_status("/api/v1/namespaces/x/pods/a", "uid-1", {"phase": "Running"})
    assert len(server.asked) == 3
    method, path, body = server.asked[-1]
    assert (method, path) == ("PATCH", "/api/v1/namespaces/x/pods/a/status")
    assert json.loads(body) == {"metadata": {"uid": "uid-1"}, "status": {"phase": "Running"}}


@pytest.mark.parametrize("code", [404, 409])
async def test_a_pod_that_is_gone_or_replaced_is_no_error(unused_tcp_port: int, code: int) -> None:
    """The answer is just False; deletion names uid and grace period."""
    server = Server(status(code))
    async with api_of(server, unused_tcp_port) as api:
        assert not await api.patch_status("/p", "uid-1", {})
        assert not await api.delete_now("/p", "uid-1")
    assert json.loads(server.asked[-1][2]) == {"gracePeriodSeconds": 0, "preconditions": {"uid": "uid-1"}}


async def test_an_invalid_status_is_refused_for_good(unused_tcp_port: int) -> None:
    """422 is not tried again, since it would never pass."""
    server = Server(status(422))
    async with api_of(server, unused_tcp_port) as api:
        with pytest.raises(Refused, match="422"):
            await api.patch_status("/p", "uid-1", {})
    assert len(server.asked) == 1
