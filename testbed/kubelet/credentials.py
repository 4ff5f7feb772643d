"""The admin's way into one cluster, from its kubeconfig."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml


@dataclass(frozen=True, slots=True)
class Credentials:
    server: str
    token: str
    tls: ssl.SSLContext

    @classmethod
    def read(cls, kubeconfig: Path) -> Self:
        """Raises KeyError for a kubeconfig that carries no token."""
        content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster = content["clusters"][0]["cluster"]
        return cls(cluster["server"], content["users"][0]["user"]["token"], _tls(cluster))


def _tls(cluster: Mapping[str, Any]) -> ssl.SSLContext:
    data = cluster.get("certificate-authority-data")
    context = ssl.create_default_context(
        cafile=cluster.get("certificate-authority"), cadata=base64.b64decode(data).decode() if data else None
    )
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
