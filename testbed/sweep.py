"""Takes away what was made in a namespace, and leaves the empty namespace until the cluster ends.

To delete a namespace, its controller asks for everything of each of a hundred kinds, again and again while a pod still
ends: in a run of three hundred tests that was most of what the API server did. And a rollout whose operator is gone
keeps its namespace, and that controller, busy for ever.
"""

import time

import requests

from testbed.errors import TestbedError
from testbed.shop.reader import Reader
from testbed.state import State

_ROLLOUTS = ("canary-operator.dev/v1alpha1", "canaryrollouts")
_KINDS = (
    _ROLLOUTS,
    ("networking.istio.io/v1", "virtualservices"),
    ("networking.istio.io/v1", "destinationrules"),
    ("networking.istio.io/v1", "gateways"),
    ("networking.istio.io/v1", "sidecars"),
    ("networking.istio.io/v1alpha3", "envoyfilters"),
    ("gateway.networking.k8s.io/v1", "httproutes"),
    ("gateway.networking.k8s.io/v1", "gateways"),
    ("autoscaling/v2", "horizontalpodautoscalers"),
    ("apps/v1", "deployments"),
    ("v1", "services"),
    ("v1", "configmaps"),
    ("coordination.k8s.io/v1", "leases"),
)
"""Pods, ReplicaSets and endpoints go with their owners."""
_NO_LONGER_OURS = '{"metadata": {"finalizers": null}}'
_PATIENCE = 20.0
_DONE = {200, 202, 404}
"""404: the kind is not served here, or the object went by itself."""


def sweep(state: State, namespace: str) -> None:
    """Asks for it only; what needs a while goes on ending. An API server that was just started is waited for."""
    reader, deadline = Reader(state, namespace), time.monotonic() + _PATIENCE
    while True:
        try:
            return _sweep(reader)
        except TestbedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _sweep(reader: Reader) -> None:
    for rollout in reader.all(*_ROLLOUTS):
        _send(reader, "PATCH", f"{reader.url(*_ROLLOUTS)}/{rollout['metadata']['name']}", _NO_LONGER_OURS)
    for kind in _KINDS:
        _send(reader, "DELETE", reader.url(*kind))


def _send(reader: Reader, method: str, url: str, body: str | None = None) -> None:
    headers = {"Content-Type": "application/merge-patch+json"} if body else {}
    try:
        answer = reader.session.request(method, url, data=body, headers=headers, timeout=10)
    except requests.RequestException as error:
        raise TestbedError(f"The API server did not answer {method} {url}: {error}") from error
    if answer.status_code not in _DONE:
        raise TestbedError(f"{method} {url} was answered {answer.status_code}: {answer.text}")
