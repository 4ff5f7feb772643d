"""Metrics providers as the platform team names them: addresses and credentials never stand in a rollout."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from canary_operator.api.names import ObjectName
from canary_operator.api.quantities import Duration, format_duration
from canary_operator.errors import CanaryError

DEFAULT = "default"
"""The provider of rollouts that name none."""


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is not an address; write for example http://prometheus.monitoring:9090")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address must not hold credentials, because messages show it; use tokenFile or headers")
    if parts.query or parts.fragment:
        raise ValueError(f"{value!r} must end before its first ? or #")
    return value.rstrip("/")


def _between(shortest: timedelta, longest: timedelta) -> Callable[[timedelta], timedelta]:
    def check(value: timedelta) -> timedelta:
        if not shortest <= value <= longest:
            allowed = f"{format_duration(shortest)} and {format_duration(longest)}"
            raise ValueError(f"{format_duration(value)} is not between {allowed}")
        return value

    return check


class _Strict(BaseModel):
    """Unlike the API's models, these refuse unknown fields: there is no gate before them."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", use_attribute_docstrings=True
    )


class ClientCertificate(_Strict):
    """Both files are PEM and are read again for every new connection."""

    cert_file: FilePath
    """The certificate with its chain."""
    key_file: FilePath
    """Its private key."""


class ProviderConfig(_Strict):
    """One Prometheus, or anything that speaks its API."""

    name: ObjectName
    """What rollouts call it."""
    address: Annotated[str, AfterValidator(_address)]
    """Where it is, with a path prefix if it has one. Redirects and proxies of the environment are not followed."""
    ca_file: FilePath | None = None
    """Certificate authorities to trust instead of the system's."""
    client_certificate: ClientCertificate | None = None
    """Who we are, by TLS."""
    token_file: FilePath | None = None
    """Holds a bearer token; read again for every query, so that it may be rotated."""
    headers: dict[str, str] = Field(default_factory=dict, max_length=20)
    """Sent with every query, for example X-Scope-OrgID."""
    timeout: Annotated[Duration, AfterValidator(_between(timedelta(seconds=0.1), timedelta(seconds=30)))] = timedelta(
        seconds=3
    )
    """How long an answer may take."""
    scrape_interval: (
        Annotated[Duration, AfterValidator(_between(timedelta(seconds=1), timedelta(minutes=2)))] | None
    ) = None
    """Time between two scrapes of the callers. Default: measured."""
    match_labels: dict[Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")], str] = Field(
        default_factory=dict, max_length=20
    )
    """Labels that every series must have, for example the cluster where several share one Prometheus."""

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        if self.token_file is not None and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("tokenFile and a header Authorization exclude each other")
        return self


class _File(_Strict):
    providers: tuple[ProviderConfig, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [provider.name for provider in self.providers]
        if not names:
            raise ValueError("it must name at least one provider")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two providers have the name {', '.join(twice)}")
        return self


def load_providers(path: Path) -> tuple[ProviderConfig, ...]:
    """What the file names; `CanaryError` lists everything that is wrong with it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CanaryError(f"{path} can't be read: {error}") from error
    return _read(str(path), lambda: _File.model_validate(content).providers)


def only_provider(address: str) -> tuple[ProviderConfig, ...]:
    """A single provider named `default`, for `--prometheus-url`."""
    return _read("--prometheus-url", lambda: (ProviderConfig(name=DEFAULT, address=address),))


def _read(origin: str, model: Callable[[], tuple[ProviderConfig, ...]]) -> tuple[ProviderConfig, ...]:
    try:
        return model()
    except ValidationError as error:
        raise CanaryError(f"{origin}: {'; '.join(_sentence(dict(one)) for one in error.errors())}") from error


def _sentence(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
