"""Prometheus, asked: the one module that imports its client. Blocks; belongs into a thread."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
import urllib3.exceptions
from prometheus_api_client import PrometheusConnect
from requests.auth import AuthBase

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.tables import Row

CONNECT_SECONDS = 0.5
_LONGEST_QUOTE = 300
_OK = 200
_FOREIGN = "its answer is not that of a Prometheus"


class Prometheus:
    """One server. Every failure is `Unavailable`, in words for a user; there are no retries here."""

    def __init__(self, config: ProviderConfig) -> None:
        """Opens no connection yet."""
        self._timeout = config.timeout.total_seconds()
        self._label = f"Prometheus {config.name} ({config.address})"
        self._heard = threading.local()
        self._session = _session(config, self._listen)
        token = _Token(config) if config.token_file else None
        self._client = PrometheusConnect(
            url=config.address,
            headers=dict(config.headers),
            retry=0,
            auth=token,
            session=self._session,
            timeout=(CONNECT_SECONDS, self._timeout),
            method="POST",
        )

    def ask(self, query: str) -> Sequence[Row]:
        """The rows of an instant query at the server's present time; a partial answer is no answer."""
        return self._whole(lambda: self._client.custom_query(query))

    def ask_range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Sequence[Row]:
        """The rows of a range query."""
        seconds = f"{step.total_seconds():g}"
        return self._whole(lambda: self._client.custom_query_range(query, start, end, seconds))

    def _whole(self, asked: Callable[[], Sequence[Row]]) -> Sequence[Row]:
        self._heard.body = None
        try:
            rows = asked()
        except (requests.RequestException, OSError, LookupError, TypeError, ValueError) as error:
            raise Unavailable(f"{self._label}: {self._words(error)}") from error
        if warnings := self._warnings():
            raise Unavailable(f"{self._label} gave a partial answer: {_quote('; '.join(map(str, warnings)))}")
        return rows

    def close(self) -> None:
        """Drop idle connections; a later query opens new ones."""
        self._client.close()

    def _listen(self, response: requests.Response, **_: Any) -> None:
        """The client tells neither the body of an error nor the warnings beside a result: keep what it would drop."""
        if response.status_code != _OK:
            raise Unavailable(f"{self._label}: HTTP {response.status_code}{_reason(response)}")
        self._heard.body = response if b'"warnings"' in response.content else None

    def _warnings(self) -> Sequence[Any]:
        response = self._heard.body
        return [] if response is None else response.json().get("warnings") or []

    def _words(self, error: Exception) -> str:
        """The libraries say the same thing in many words; these are the ones that a user can act on."""
        said: tuple[tuple[type[BaseException], str], ...] = (
            (requests.JSONDecodeError, _FOREIGN),
            (ConnectionRefusedError, "connection refused"),
            (urllib3.exceptions.NameResolutionError, "its name can't be resolved"),
            (urllib3.exceptions.ReadTimeoutError, f"no answer within {self._timeout:g} s"),
            (requests.ConnectTimeout, f"no connection within {CONNECT_SECONDS:g} s"),
            (LookupError, _FOREIGN),
            (TypeError, _FOREIGN),
        )
        causes = list(_causes(error))
        known = (words for kind, words in said if any(isinstance(one, kind) for one in causes))
        return next(known, _quote(str(causes[-1]) or type(causes[-1]).__name__))


class _Session(requests.Session):
    """Sends parameters in the body, for a query may be longer than an address can be; follows no redirect."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        options["data"] = options.pop("params", None)
        return super().request(method, url, *args, **{**options, "allow_redirects": False})


class _Token(AuthBase):
    """Reads the file for each request: a rotated token is used at once."""

    def __init__(self, config: ProviderConfig) -> None:
        self._file = config.token_file

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._file is not None:
            request.headers["Authorization"] = f"Bearer {self._file.read_text(encoding='utf-8').strip()}"
        return request


def _session(config: ProviderConfig, listen: Any) -> requests.Session:
    session = _Session()
    session.trust_env = False  # neither a proxy nor somebody's .netrc is meant for us
    session.headers["Accept-Encoding"] = "identity"
    session.verify = str(config.ca_file) if config.ca_file else True
    if certificate := config.client_certificate:
        session.cert = (str(certificate.cert_file), str(certificate.key_file))
    session.hooks["response"].append(listen)
    return session


def _reason(response: requests.Response) -> str:
    try:
        text = str(response.json()["error"])
    except (requests.JSONDecodeError, LookupError, TypeError):
        text = response.text
    return f": {_quote(text)}" if text.strip() else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; the client's libraries nest in three different ways."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        wrapped = (getattr(following, "reason", None), following.__cause__, *following.args, following.__context__)
        following = next((one for one in wrapped if isinstance(one, BaseException)), None)


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + " …"
