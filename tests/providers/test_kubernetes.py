"""The client against a small HTTP server that answers as told; the real API server is in tests/integration."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from canary_operator.errors import CanaryError, Conflict, Gone, NotLeading, Refused, Unavailable
from canary_operator.providers.json_patch import add
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.resources import DEPLOYMENTS, SERVICES, Resource

WEB = {"metadata": {"name": "web", "resourceVersion": "7"}}


@dataclass
class Server:
    """Answers the queued responses in turn and remembers what was asked."""

    answers: list[web.StreamResponse] = field(default_factory=list)
    delay: float = 0
    """Seconds before each answer."""
    asked: list[tuple[str, str, str, Any]] = field(default_factory=list)
    """Method, path with query, content type, body."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        content_type = request.headers["Content-Type"]
        self.asked.append((request.method, request.path_qs, content_type, json.loads(body) if body else None))
        assert request.headers["Authorization"] == "Bearer secret"
        await asyncio.sleep(self.delay)
        return self.answers.pop(0)


@dataclass
class Setting:
    server: Server
    kubernetes: Kubernetes
    observed: list[tuple[str, Resource, int]]
    fence: list[bool]
    """Its last value is whether we may write."""


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    server, observed, fence = Server(), [], [True]
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(application) as running:
        kubeconfig = write_kubeconfig(tmp_path, str(running.make_url("")))
        kubernetes = await connect(
            str(kubeconfig),
            None,
            may_write=lambda: fence[-1],
            observe=lambda verb, resource, code, _: observed.append((verb, resource, code)),
            timeout=1.5,
        )
        yield Setting(server, kubernetes, observed, fence)
        await kubernetes.close()


def write_kubeconfig(folder: Path, server: str) -> Path:
    path = folder / "kubeconfig"
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server.rstrip("/")}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(kubeconfig))
    return path


def says(status: int, body: Any = None, **headers: str) -> web.Response:
    return web.json_response(body if body is not None else {"message": "because"}, status=status, headers=headers)


async def test_a_patch_is_a_json_patch_and_strict(setting: Setting) -> None:
    """The content type, the field manager and the strictness are what makes the API server check us."""
    setting.server.answers = [says(200, WEB)]
    operations = [add(True, "spec", "paused")]
    assert await setting.kubernetes.patch(DEPLOYMENTS, "shop", "web", operations, seen="7") == WEB
    (asked,) = setting.server.asked
    assert asked == (
        "PATCH",
        "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=canary-operator&fieldValidation=Strict",
        "application/json-patch+json",
        operations,
    )


async def test_a_422_is_read_again_to_tell_what_it_means(setting: Setting) -> None:
    """The same version: refused; another version: a conflict; no object: gone."""
    kinds = []
    for again in (says(200, WEB), says(200, {"metadata": {"resourceVersion": "8"}}), says(404)):
        setting.server.answers = [says(422), again]
        with pytest.raises(CanaryError) as error:
            await setting.kubernetes.patch(DEPLOYMENTS, "shop", "web", [], seen="7")
        kinds.append(type(error.value))
    assert kinds == [Refused, Conflict, Gone]


async def test_a_delete_names_the_very_object(setting: Setting) -> None:
    """The uid and version are preconditions; gone already is an answer like any other."""
    setting.server.answers = [says(200, {"kind": "Status"}), says(404)]
    assert await setting.kubernetes.delete(SERVICES, "shop", "web", uid="u", resource_version="7")
    assert not await setting.kubernetes.delete(SERVICES, "shop", "web", uid="u")
    bodies = [body for _, _, _, body in setting.server.asked]
    assert bodies == [
        {"preconditions": {"uid": "u", "resourceVersion": "7"}, "propagationPolicy": "Background"},
        {"preconditions": {"uid": "u"}, "propagationPolicy": "Background"},
    ]


async def test_a_list_is_read_to_its_end(setting: Setting) -> None:
    """Each further chunk is asked for with the token of the one before, and with the same selectors."""
    setting.server.answers = [
        says(200, {"metadata": {"continue": "next"}, "items": [WEB]}),
        says(200, {"metadata": {}, "items": None}),
    ]
    assert await setting.kubernetes.list(SERVICES, None, labels="a=b") == [WEB]
    paths = [path for _, path, _, _ in setting.server.asked]
    assert paths == [
        "/api/v1/services?limit=500&labelSelector=a%3Db",
        "/api/v1/services?limit=500&labelSelector=a%3Db&continue=next",
    ]


async def test_silence_is_unavailable(setting: Setting) -> None:
    """A server that accepts and says nothing is given up after the timeout, body included."""
    setting.server.answers, setting.server.delay = [says(200, WEB)], 2.5
    with pytest.raises(Unavailable, match="TimeoutError"):
        await setting.kubernetes.get(SERVICES, "shop", "web")
    assert setting.observed == [("get", SERVICES, 0)]


async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    """A closed port is an outage like any other."""
    kubernetes = await connect(str(write_kubeconfig(tmp_path, "http://127.0.0.1:9")), "x", may_write=lambda: True)
    with pytest.raises(Unavailable):
        await kubernetes.get(SERVICES, "shop", "web")
    await kubernetes.close()


WRITES: list[Callable[[Kubernetes], Any]] = [
    lambda kubernetes: kubernetes.create(SERVICES, "shop", WEB),
    lambda kubernetes: kubernetes.patch(SERVICES, "shop", "web", [], seen=None),
    lambda kubernetes: kubernetes.delete(SERVICES, "shop", "web", uid="u"),
]


@pytest.mark.parametrize("write", WRITES, ids=["create", "patch", "delete"])
async def test_the_fence_is_asked_at_each_write(setting: Setting, write: Callable[[Kubernetes], Any]) -> None:
    """One write goes through; the right ends; the next one is never sent, except by one who may always write."""
    setting.server.answers = [says(200, WEB)]
    await write(setting.kubernetes)
    setting.fence.append(False)
    with pytest.raises(NotLeading):
        await write(setting.kubernetes)
    assert len(setting.server.asked) == 1
    setting.server.answers = [says(200, WEB)]
    await write(setting.kubernetes.unfenced(timeout=1))
    assert len(setting.server.asked) == 2


async def test_each_call_is_observed(setting: Setting) -> None:
    """By verb, kind and status, whether or not it is an error."""
    setting.server.answers = [says(200, WEB), says(404), says(503)]
    await setting.kubernetes.get(SERVICES, "shop", "web")
    assert await setting.kubernetes.get(SERVICES, "shop", "web") is None
    with pytest.raises(Unavailable):
        await setting.kubernetes.create(DEPLOYMENTS, "shop", WEB)
    assert setting.observed == [("get", SERVICES, 200), ("get", SERVICES, 404), ("create", DEPLOYMENTS, 503)]


async def test_discovery_reads_the_page_of_the_group(setting: Setting) -> None:
    """A kind is served when its group lists it; a group that does not exist lists nothing."""
    setting.server.answers = [says(200, {"resources": [{"name": "services"}]}), says(200, {"resources": []}), says(404)]
    found = [await setting.kubernetes.discover(SERVICES) for _ in range(3)]
    assert found == [True, False, False]


async def test_access_tells_the_token_without_its_scheme(setting: Setting) -> None:
    """Another client writes the header itself."""
    access = await setting.kubernetes.access()
    assert (access.scheme, access.token) == ("Bearer", "secret")


async def test_no_cluster_is_said_at_once(tmp_path: Path) -> None:
    """A kubeconfig that does not exist, or a context that it does not have, ends the start with its name."""
    with pytest.raises(CanaryError, match="nowhere"):
        await connect(str(tmp_path / "nowhere"), None, may_write=lambda: True)
    with pytest.raises(CanaryError, match="unknown"):
        await connect(str(write_kubeconfig(tmp_path, "http://x")), "unknown", may_write=lambda: True)


async def test_in_a_pod_the_account_of_the_pod_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a kubeconfig of any kind; here the pod's token is missing, and that is what is said."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(CanaryError, match="token file"):
        await connect(None, None, may_write=lambda: True)
