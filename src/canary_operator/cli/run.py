import asyncio
import os
import secrets
import socket
from pathlib import Path
from typing import Any

import click

from canary_operator import logs
from canary_operator.operator.run import operate
from canary_operator.settings import Listen, Settings, default_identity, default_lease_namespace

_EVERYBODYS = "--namespace and --all-namespaces exclude each other; give one of them"


def _variable(name: str) -> dict[str, Any]:
    return {"envvar": f"CANARY_OPERATOR_{name}", "show_envvar": True}


@click.command("run")
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), **_variable("KUBECONFIG"))
@click.option("--context", help="Context of the kubeconfig.", **_variable("CONTEXT"))
@click.option(
    "--namespace", "namespaces", multiple=True, help="Only this namespace; repeatable.", **_variable("NAMESPACES")
)
@click.option("--all-namespaces", is_flag=True, help="The default.", **_variable("ALL_NAMESPACES"))
@click.option("--prometheus-url", help="Address of the provider `default`.", **_variable("PROMETHEUS_URL"))
@click.option(
    "--metrics-config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with metrics providers; instead of --prometheus-url.",
    **_variable("METRICS_CONFIG"),
)
@click.option("--identity", help="Name in the Lease. Default: $POD_NAME, else the host's.", **_variable("IDENTITY"))
@click.option("--lease-namespace", help="Default: the pod's own namespace.", **_variable("LEASE_NAMESPACE"))
@click.option("--lease-name", default="canary-operator", show_default=True, **_variable("LEASE_NAME"))
@click.option(
    "--reports",
    type=click.IntRange(0, 100),
    default=5,
    show_default=True,
    help="Reports of runs kept for each rollout; 0: none is written.",
    **_variable("REPORTS"),
)
@click.option(
    "--listen",
    default="0.0.0.0:8080",
    show_default=True,
    help="Where /healthz, /readyz and /metrics are served.",
    **_variable("LISTEN"),
)
@click.option(
    "--log-format",
    type=click.Choice(["auto", "json", "console"]),
    default="auto",
    show_default=True,
    help="auto: console on a terminal, else json.",
    **_variable("LOG_FORMAT"),
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    **_variable("LOG_LEVEL"),
)
def run_command(*, all_namespaces: bool, **flags: Any) -> None:
    """Run the operator until SIGTERM or SIGINT."""
    settings = _settings(**flags)
    if all_namespaces and settings.namespaces:
        raise click.UsageError(_EVERYBODYS)
    if settings.metrics_config and settings.prometheus_url:
        raise click.UsageError("--metrics-config and --prometheus-url exclude each other; give one of them")
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(operate(settings))


def _settings(*, listen: str, identity: str | None, lease_namespace: str | None, **flags: Any) -> Settings:
    return Settings(
        **flags,
        listen=Listen.parse(listen),
        identity=identity or default_identity(os.environ, socket.gethostname(), secrets.token_hex(4)),
        lease_namespace=lease_namespace or default_lease_namespace(os.environ),
    )
