"""What the operator is told by flags and environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from canary_operator.errors import CanaryError

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_NAMESPACE = "canary-operator"
_HIGHEST_PORT = 65535

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Listen:
    """Where `/healthz`, `/readyz` and `/metrics` are served; port 0 takes a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """`"0.0.0.0:8080"`, `":8080"` for every address, `"[::1]:8080"`."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdecimal() or int(port) > _HIGHEST_PORT:
            raise CanaryError(f"{text!r} is not HOST:PORT; write for example 0.0.0.0:8080")
        return cls(host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port))  # noqa: S104 -- asked for


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `canary-operator run` may be told."""

    kubeconfig: str | None
    context: str | None
    namespaces: tuple[str, ...]
    """Whose rollouts; empty means everybody's."""
    prometheus_url: str | None
    metrics_config: Path | None
    identity: str
    lease_namespace: str
    lease_name: str
    reports: int
    """So many reports of runs are kept for each rollout; 0: none is written."""
    listen: Listen
    log_format: LogFormat
    log_level: LogLevel


def default_identity(environment: Mapping[str, str], hostname: str, random: str) -> str:
    """A pod keeps its name over restarts of its container, and with it takes its own Lease again at once."""
    return environment.get("POD_NAME") or f"{hostname}-{random}"


def default_lease_namespace(environment: Mapping[str, str], namespace_file: Path = NAMESPACE_FILE) -> str:
    """The pod's own namespace."""
    if named := environment.get("POD_NAMESPACE"):
        return named
    return namespace_file.read_text(encoding="utf-8").strip() if namespace_file.exists() else DEFAULT_NAMESPACE
