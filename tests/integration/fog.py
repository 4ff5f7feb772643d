"""What may stand between the operator and its Prometheus: a proxy that delays, refuses or spoils answers."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Answer = tuple[int, bytes]
"""Status and body."""


def clear(answer: Answer) -> Answer:
    return answer


def slow(answer: Answer) -> Answer:
    """Complete and right, and later than anybody waits."""
    time.sleep(4.5)
    return answer


def failing(_: Answer) -> Answer:
    return 500, b"out of memory"


def refusing(_: Answer) -> Answer:
    """As Prometheus answers a query that it can't carry out."""
    return 422, b'{"status":"error","errorType":"execution","error":"query processing would load too many samples"}'


def not_numbers(answer: Answer) -> Answer:
    """Every count of requests is NaN; the times of the scrapes are as they were."""
    status, content = answer
    body = json.loads(content)
    for row in body["data"]["result"]:
        if row["metric"].get("class") != "scraped":
            row["value"][1] = "NaN"
    return status, json.dumps(body).encode()


def nothing(answer: Answer) -> Answer:
    """No series at all."""
    return answer[0], b'{"status":"success","data":{"resultType":"vector","result":[]}}'


class Fog:
    """In front of one Prometheus."""

    def __init__(self, url: str) -> None:
        self.makes: Callable[[Answer], Answer] = clear
        self.answered: list[datetime] = []
        """When."""
        self._upstream = url
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def standing(self) -> Iterator["Fog"]:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def answer(self, path: str, question: bytes, kind: str) -> Answer:
        said = requests.post(f"{self._upstream}{path}", question, headers={"Content-Type": kind}, timeout=10)
        return self.makes((said.status_code, said.content))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fog = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                status, body = fog.answer(self.path, question, self.headers["Content-Type"])
                with suppress(ConnectionError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    fog.answered.append(datetime.now(UTC))

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        return Handler
