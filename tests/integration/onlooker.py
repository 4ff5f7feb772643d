"""Sees every version of one object, in order, as a watch tells them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from testbed.cluster import Cluster
from testbed.shop.reader import Reader

_LISTENING = 10.0


class Onlooker:
    """Calls `check` for each version; the first complaint is kept, and raised in the end."""

    def __init__(self, check: Callable[[Any], None]) -> None:
        self._check = check
        self._complaints: list[BaseException] = []
        self.seen = 0

    @contextmanager
    def watching(self, cluster: Cluster, namespace: str, name: str) -> Iterator["Onlooker"]:
        path = f"/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices"
        listening, stop = threading.Event(), threading.Event()
        session = Reader(cluster.state, namespace).session

        def listen() -> None:
            query: dict[str, str | int] = {"watch": 1, "fieldSelector": f"metadata.name={name}"}
            url = f"{cluster.state.apiserver_url}{path}"
            with session.get(url, params=query, stream=True, timeout=(5, 600)) as answer:
                listening.set()
                for line in answer.iter_lines():
                    if stop.is_set():
                        return
                    self._look(json.loads(line))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        assert listening.wait(_LISTENING)
        try:
            yield self
        finally:
            stop.set()
            session.close()
        if self._complaints:
            raise self._complaints[0]

    def _look(self, event: Any) -> None:
        self.seen += 1
        try:
            assert event["type"] in {"ADDED", "MODIFIED"}, event
            self._check(event["object"])
        except (AssertionError, requests.RequestException) as complaint:
            self._complaints.append(complaint)
