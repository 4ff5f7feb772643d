"""Reads objects many times a second, which would be too much work for kubectl."""

import json
from typing import Any

import requests

from testbed.errors import TestbedError
from testbed.state import State

_MISSING = 404
_PATIENCE = 20
"""Seconds: an API server on a busy machine may take its time, and no test is about that."""


class Reader:
    def __init__(self, state: State, namespace: str) -> None:
        self._state, self._namespace = state, namespace
        self.session = requests.Session()
        # Else REQUESTS_CA_BUNDLE of the environment would win over the cluster's own authority.
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {state.admin_token}"
        kubeconfig = json.loads(state.kubeconfig.read_text(encoding="utf-8"))
        self.session.verify = kubeconfig["clusters"][0]["cluster"]["certificate-authority"]

    def one(self, api: str, plural: str, name: str) -> dict[str, Any] | None:
        """None where it does not exist. `api` is such as "apps/v1", or "v1"."""
        return self._get(f"{self.url(api, plural)}/{name}")

    def all(self, api: str, plural: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (self._get(self.url(api, plural)) or {}).get("items", [])
        return items

    def url(self, api: str, plural: str) -> str:
        """Where all objects of this kind in the namespace are."""
        root = "apis" if "/" in api else "api"
        return f"{self._state.apiserver_url}/{root}/{api}/namespaces/{self._namespace}/{plural}"

    def _get(self, url: str) -> dict[str, Any] | None:
        try:
            answer = self.session.get(url, timeout=_PATIENCE)
        except requests.RequestException as error:
            raise TestbedError(f"The API server did not answer {url}: {error}") from error
        if answer.status_code == _MISSING:
            return None
        if not answer.ok:
            raise TestbedError(f"GET {url} was answered {answer.status_code}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found
