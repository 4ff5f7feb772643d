import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.prometheus import Prometheus

ROWS = [{"metric": {}, "value": [1, "2"]}]


class Server:
    """Answers one thing and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: dict[str, Any] = {"status": "success", "data": {"resultType": "vector", "result": ROWS}}
        self.requests: list[tuple[str, dict[str, str], str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                server.requests.append((self.path, dict(self.headers), body))
                self.send_response(server.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(json.dumps(server.answer).encode())

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def a_client(address: str, **settings: Any) -> Prometheus:
    return Prometheus(ProviderConfig(name="default", address=address, **settings))


def test_a_long_query_goes_into_the_body(server: Server) -> None:
    """No proxy on the way refuses the address for being too long."""
    query = "x" * 100_000
    assert a_client(f"{server.address}/prefix", headers={"X-Scope-OrgID": "shop"}).ask(query) == ROWS
    ((path, headers, body),) = server.requests
    assert path == "/prefix/api/v1/query"
    assert parse_qs(body) == {"query": [query]}
    assert headers["X-Scope-OrgID"] == "shop"


def test_a_rotated_token_is_used_at_once(server: Server, tmp_path: Path) -> None:
    """The file is read for each query; without it there is no answer rather than an anonymous question."""
    token = tmp_path / "token"
    token.write_text("one\n")
    client = a_client(server.address, token_file=token)
    client.ask("up")
    token.write_text("two\n")
    client.ask("up")
    assert [headers["Authorization"] for _, headers, _ in server.requests] == ["Bearer one", "Bearer two"]
    token.unlink()
    with pytest.raises(Unavailable, match="No such file"):
        client.ask("up")
    assert len(server.requests) == 2


def test_neither_proxies_nor_netrc_of_the_environment_are_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that were meant for something else are not sent to Prometheus."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    a_client(server.address).ask("up")
    assert "Authorization" not in server.requests[0][1]


def test_warnings_make_an_answer_partial_and_infos_do_not(server: Server) -> None:
    """The client library drops both; a warning means that somebody was not asked."""
    client = a_client(server.address)
    server.answer["infos"] = ["metric might not be a counter"]
    assert client.ask("up") == ROWS
    server.answer["warnings"] = ["remote_read: no answer"]
    with pytest.raises(Unavailable, match="gave a partial answer: remote_read: no answer"):
        client.ask("up")
    del server.answer["warnings"]
    assert client.ask("up") == ROWS


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (500, {"error": "query  timed\nout"}, "HTTP 500: query timed out"),
        (503, "down", 'HTTP 503: "down"'),
        (401, {"error": "x" * 1000}, f"HTTP 401: {'x' * 300} …"),
        (302, {}, "HTTP 302: {}"),
        (200, {"status": "success"}, "its answer is not that of a Prometheus"),
        (200, [], "its answer is not that of a Prometheus"),
    ],
)
def test_errors_name_the_provider_and_quote_the_server(server: Server, status: int, answer: Any, words: str) -> None:
    """Who reads the condition knows whom to ask; nothing is retried behind the back of the looks."""
    server.status, server.answer = status, answer
    with pytest.raises(Unavailable) as error:
        a_client(server.address).ask("up")
    assert str(error.value) == f"Prometheus default ({server.address}): {words}"
    assert len(server.requests) == 1


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    """After the timeout, in words."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = a_client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=timedelta(seconds=0.2))
        with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
            client.ask("up")


def test_unreachable_servers_are_told_apart() -> None:
    """A closed port, a name that nobody knows, and something that speaks no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable, match="connection refused"):
        a_client(f"http://127.0.0.1:{port}").ask("up")
    with pytest.raises(Unavailable, match="its name can't be resolved"):
        a_client("http://prometheus.invalid").ask("up")


def test_a_plain_server_behind_https_is_said(server: Server) -> None:
    """The library's own words end the message."""
    with pytest.raises(Unavailable, match=r"(?i)ssl"):
        a_client(server.address.replace("http:", "https:")).ask("up")
