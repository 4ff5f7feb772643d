"""The API server, spoken to in JSON: the one module that imports the Kubernetes client."""

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config.config_exception import ConfigException
from yaml import YAMLError

from canary_operator.errors import CanaryError, Conflict, Gone, NotLeading, Refused, Unavailable
from canary_operator.providers.access import Access
from canary_operator.providers.answers import Answer
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import FIELD_MANAGER
from canary_operator.providers.paths import group_path, object_path
from canary_operator.providers.resources import Resource

TIMEOUT_SECONDS = 5.0
CHUNK = 500
_JSON_PATCH = "application/json-patch+json"
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_STRICTLY = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}

_METHODS = {"get": "GET", "list": "GET", "create": "POST", "patch": "PATCH", "delete": "DELETE"}

Found = list[dict[str, Any]]
Observe = Callable[[str, Resource, int, float], None]
"""Told of each call: its verb as RBAC knows it, its kind, the HTTP status (0: no answer) and the seconds it took."""


def nobody_observes(verb: str, resource: Resource, code: int, seconds: float) -> None:
    """For callers without metrics."""


class Kubernetes:
    """Objects as dictionaries; every call has a timeout and every error is one of ours."""

    def __init__(
        self,
        client: ApiClient,
        *,
        may_write: Callable[[], bool],
        observe: Observe = nobody_observes,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """`may_write` is asked immediately before every write; `timeout` is in seconds, for the whole call."""
        self._client = client
        self._may_write = may_write
        self._observe = observe
        self._timeout = timeout

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    def unfenced(self, *, timeout: float) -> Self:
        """The same connections for one who may always write: the Lease loop, which earns the right to write."""
        return type(self)(self._client, may_write=lambda: True, observe=self._observe, timeout=timeout)

    async def access(self) -> Access:
        """What the kubeconfig or the pod's account says now; a token is renewed before it is told."""
        settings = self._client.configuration
        scheme, _, token = (await settings.get_api_key_with_prefix("BearerToken") or "").partition(" ")
        return Access(
            server=settings.host,
            ca_file=settings.ssl_ca_cert,
            verify=settings.verify_ssl,
            certificate_file=settings.cert_file,
            key_file=settings.key_file,
            scheme=scheme or None,
            token=token.strip() or None,
        )

    async def get(self, resource: Resource, namespace: str | None, name: str) -> dict[str, Any] | None:
        """The object, or None when there is none."""
        answer = await self._call("get", resource, object_path(resource, namespace, name))
        return None if answer.status == HTTPStatus.NOT_FOUND else answer.body()

    async def list(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Found:
        """All objects that the selectors match, in every namespace when `namespace` is None."""
        pages = self.pages(resource, namespace, labels=labels, fields=fields, metadata_only=metadata_only)
        return [item async for page in pages for item in page]

    async def pages(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncIterator[Found]:
        """The same in chunks, for whoever keeps only a few of very many."""
        query = {"limit": str(CHUNK), "labelSelector": labels, "fieldSelector": fields}
        accept = _METADATA_ONLY if metadata_only else "application/json"
        while True:
            page = (
                await self._call("list", resource, object_path(resource, namespace), query=query, accept=accept)
            ).body()
            yield page.get("items") or []
            if not (following := page["metadata"].get("continue")):
                return
            query = {**query, "continue": following}

    async def create(self, resource: Resource, namespace: str | None, body: dict[str, Any]) -> dict[str, Any]:
        """The object as created; `Conflict` when the name is taken."""
        path = object_path(resource, namespace)
        return (await self._write("create", resource, path, query=_STRICTLY, body=body)).body()

    async def patch(  # noqa: PLR0913 - an address, a change and the version it was computed from
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        operations: Sequence[Operation],
        *,
        seen: str | None,
        subresource: str | None = None,
    ) -> dict[str, Any]:
        """The object after a JSON Patch.

        A failed `test` and an invalid result are both answered with 422. `seen` is the resourceVersion that the
        operations were computed from: when the object has another one by now it is a `Conflict`, else `Refused`.
        """
        path = object_path(resource, namespace, name, subresource)
        answer = await self._write("patch", resource, path, query=_STRICTLY, body=list(operations))
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise await self._unprocessable(answer, resource, namespace, name, seen)
        return answer.body()

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str, resource_version: str | None = None
    ) -> bool:
        """Delete exactly this object, its dependents in the background; False when it is gone already."""
        preconditions = {"uid": uid} | ({"resourceVersion": resource_version} if resource_version else {})
        options = {"preconditions": preconditions, "propagationPolicy": "Background"}
        path = object_path(resource, namespace, name)
        answer = await self._write("delete", resource, path, body=options)
        return answer.status != HTTPStatus.NOT_FOUND and bool(answer.body())

    async def discover(self, resource: Resource) -> bool:
        """Whether the API server serves this kind now."""
        answer = await self._call("get", resource, group_path(resource))
        served = [] if answer.status == HTTPStatus.NOT_FOUND else answer.body().get("resources", [])
        return any(kind["name"] == resource.plural for kind in served)

    async def _unprocessable(
        self, answer: Answer, resource: Resource, namespace: str | None, name: str, seen: str | None
    ) -> Conflict | Refused:
        present = await self.get(resource, namespace, name)
        if present is None:
            return Gone(f"{resource.kind} {name} does not exist any more")
        if seen is not None and present["metadata"]["resourceVersion"] != seen:
            return Conflict(f"{resource.kind} {name} is no longer the one that was read")
        return Refused(answer.message)

    async def _write(self, verb: str, resource: Resource, path: str, **request: Any) -> Answer:
        if not self._may_write():
            raise NotLeading(f"{verb} {path}: this process may not write now")
        return await self._call(verb, resource, path, **request)

    async def _call(self, verb: str, resource: Resource, path: str, **request: Any) -> Answer:
        begun, code = time.perf_counter(), 0
        try:
            answer = await self._send(verb, path, **request)
            code = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ConfigException) as error:
            raise Unavailable(f"{verb} {path}: {str(error) or type(error).__name__}") from error
        finally:
            self._observe(verb, resource, code, time.perf_counter() - begun)
        return answer

    async def _send(
        self, verb: str, path: str, *, query: dict[str, str] | None = None, body: Any = None, accept: str = ""
    ) -> Answer:
        url = path + ("?" + urlencode({key: value for key, value in query.items() if value}) if query else "")
        headers = {"Accept": accept or "application/json", "User-Agent": FIELD_MANAGER}
        headers["Content-Type"] = _JSON_PATCH if verb == "patch" else "application/json"
        client = self._client
        await client.update_params_for_auth(headers, [], ["BearerToken"], url, _METHODS[verb], body)
        response = await client.call_api(
            _METHODS[verb], client.configuration.host + url, headers, body, _request_timeout=self._timeout
        )
        content = await response.read()  # type: ignore[no-untyped-call]
        return Answer(response.status, content, response.headers.get("Retry-After"), f"{verb} {path}")


async def connect(
    kubeconfig: str | None,
    context: str | None,
    *,
    may_write: Callable[[], bool],
    observe: Observe = nobody_observes,
    timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - of each later call, not of this one
) -> Kubernetes:
    """By the kubeconfig that is named, else by the pod's own account, else by the user's usual kubeconfig."""
    settings = Configuration()
    try:
        if kubeconfig is None and context is None and _in_a_pod(os.environ):
            config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
        else:
            await config.load_kube_config(kubeconfig, context, settings)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise CanaryError(f"{_no_cluster(kubeconfig)}: {error}") from error
    except (AttributeError, LookupError, TypeError, ValueError, YAMLError) as error:
        raise CanaryError(f"{_no_cluster(kubeconfig)}: it is no kubeconfig") from error
    return Kubernetes(ApiClient(settings), may_write=may_write, observe=observe, timeout=timeout)


def _no_cluster(kubeconfig: str | None) -> str:
    return f"no cluster by the kubeconfig {kubeconfig or 'of this environment'}"


def _in_a_pod(environment: Mapping[str, str]) -> bool:
    return "KUBECONFIG" not in environment and "KUBERNETES_SERVICE_HOST" in environment
