"""What people write by themselves, straight to the API: again and again until it answers."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from testbed.errors import TestbedError
from testbed.shop import CANARY, NAME
from testbed.soak.observer.facts import EDITS
from testbed.state import State

_PATIENCE = 40.0
_AGAIN = 0.5
_REFUSED = {404, 409, 422}
"""What is there is not what the person thought; asking once more would not help."""
_OK = 300
ROUTE = f"/apis/networking.istio.io/v1/namespaces/{{}}/virtualservices/{NAME}"
Operation = Mapping[str, Any]


class Hands:
    def __init__(self, state: State, namespace: str) -> None:
        self._state, self._namespace = state, namespace
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {state.admin_token}"
        kubeconfig = json.loads(state.kubeconfig.read_text(encoding="utf-8"))
        self._session.verify = kubeconfig["clusters"][0]["cluster"]["certificate-authority"]
        self._edits = 0

    def edit_route(self, *operations: Operation) -> bool:
        """A JSON Patch that carries the next number of the person's edits. False: what it tests was not so."""
        self._edits += 1
        key = EDITS.replace("/", "~1")
        mark = {"op": "add", "path": f"/metadata/annotations/{key}", "value": str(self._edits)}
        return self.patch(ROUTE.format(self._namespace), [*operations, mark])

    def route(self) -> dict[str, Any]:
        found = self._send("GET", ROUTE.format(self._namespace))
        return {} if found is None else found

    def release(self, tag: str) -> None:
        """As `kubectl set image`."""
        container = {"name": NAME, "image": f"shop/{NAME}:{tag}"}
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        self.patch(self._of("apps/v1", f"deployments/{NAME}"), body)

    def let_go(self) -> None:
        """As `kubectl rollout resume`."""
        self.patch(self._of("apps/v1", f"deployments/{NAME}"), {"spec": {"paused": False}})

    def order(self, verb: str) -> None:
        body = {"metadata": {"annotations": {f"canary-operator.dev/{verb}": "true"}}}
        self.patch(self._rollouts(f"canaryrollouts/{NAME}"), body)

    def create_rollout(self, manifest: Mapping[str, Any]) -> None:
        self._send("POST", self._rollouts("canaryrollouts"), manifest)

    def delete_rollout(self) -> None:
        self._send("DELETE", self._rollouts(f"canaryrollouts/{NAME}"))

    def delete_canary_pods(self) -> None:
        self._send("DELETE", self._of("v1", f"pods?labelSelector=app%3D{CANARY}"))

    def delete_canary_deployment(self) -> None:
        self._send("DELETE", self._of("apps/v1", f"deployments/{CANARY}"))

    def delete_canary_service(self) -> None:
        self._send("DELETE", self._of("v1", f"services/{CANARY}"))

    def tag(self, deployment: str = NAME) -> str:
        """Of the template; empty where there is no such Deployment."""
        found = self._send("GET", self._of("apps/v1", f"deployments/{deployment}"))
        return _tag(found["spec"]["template"]["spec"]) if found else ""

    def running(self) -> str:
        """The tag of most pods that answer for stable."""
        pods = (self._send("GET", self._of("v1", f"pods?labelSelector=app%3D{NAME}")) or {}).get("items", [])
        tags = [_tag(pod["spec"]) for pod in pods if _is_ready(pod)]
        return max(tags, key=tags.count, default="")

    def patch(self, path: str, body: Mapping[str, Any] | Sequence[Operation]) -> bool:
        kind = "json-patch+json" if isinstance(body, list) else "strategic-merge-patch+json"
        kind = "merge-patch+json" if "canaryrollouts" in path else kind
        return self._send("PATCH", path, body, f"application/{kind}") is not None

    def _of(self, api: str, rest: str) -> str:
        root = "apis" if "/" in api else "api"
        return f"/{root}/{api}/namespaces/{self._namespace}/{rest}"

    def _rollouts(self, rest: str) -> str:
        return self._of("canary-operator.dev/v1alpha1", rest)

    def _send(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> dict[str, Any] | None:
        """None where the API server has it otherwise. TestbedError when it did not answer for long."""
        deadline, said = time.monotonic() + _PATIENCE, ""
        while time.monotonic() < deadline:
            status, said = self._send_once(method, path, body, kind)
            if status < _OK:
                found: dict[str, Any] = json.loads(said)
                return found
            if status in _REFUSED:
                return None
            time.sleep(_AGAIN)
        raise TestbedError(f"{method} {path} was never answered well: {said}")

    def _send_once(self, method: str, path: str, body: Any, kind: str) -> tuple[int, str]:
        data = None if body is None else json.dumps(body)
        try:
            answer = self._session.request(
                method, self._state.apiserver_url + path, data=data, headers={"Content-Type": kind}, timeout=10
            )
        except requests.RequestException as error:
            return 503, str(error)
        return answer.status_code, answer.text


def _tag(pod: Mapping[str, Any]) -> str:
    return str(pod["containers"][0]["image"]).rpartition(":")[2]


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)
