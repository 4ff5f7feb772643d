"""What a shell, a test or a program needs to know in order to use a cluster."""

import os
import shlex
import sys
from pathlib import Path

from testbed.state import State

ROOT = Path(__file__).parents[1]


def environment(state: State) -> dict[str, str]:
    """Variables to add; PATH is the whole new value, with the cluster's own kubectl first."""
    tools = str(state.directory / "bin")
    return {
        "KUBECONFIG": str(state.kubeconfig),
        # kubectl remembers by server address what an API server serves, and clusters reuse their addresses.
        "KUBECACHEDIR": str(state.directory / "kubectl-cache"),
        "PROMETHEUS_URL": state.url("prometheus"),
        "GATEWAY_URL": state.url("gateway"),
        "ENVOY_ADMIN_URL": state.url("envoy_admin"),
        "TESTBED_STATE": str(state.directory),
        "TESTBED_BIN": tools,
        "PATH": os.pathsep.join([tools, os.environ.get("PATH", os.defpath)]),
    }


def write_env_file(state: State) -> None:
    """`DIR/env`, to be sourced by a shell."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment(state).items()]
    if state.own_network:
        enter = shlex.join([sys.executable, "-m", "testbed", "exec", "--state", str(state.directory), "--"])
        lines.insert(0, f"# The addresses below exist inside the cluster's own network only. To enter it: {enter} CMD")
        lines.append(f"export TESTBED_EXEC={shlex.quote(enter)}")
    (state.directory / "env").write_text("\n".join(lines) + "\n", encoding="utf-8")


def child_environment() -> dict[str, str]:
    """For programs started with `python -m testbed...` from any directory."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
