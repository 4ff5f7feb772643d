"""Builds tools from the pinned Go module, one after the other, into a folder."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from testbed.errors import TestbedError
from testbed.golang import Tell
from testbed.tools import MODULE, Tool, kubernetes_version


def build(tools: Sequence[Tool], folder: Path, go: str, tell: Tell) -> None:
    """Each tool appears in the folder complete or not at all; the compiler's cache (5 GB) goes away, come what may."""
    tell("this happens once; all tools together take about ten minutes on two cores")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as cleaning:
        scratch = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
        cleaning.callback(shutil.rmtree, scratch, ignore_errors=True)
        environment = go_environment({"GOCACHE": str(scratch / "gocache")})
        for number, tool in enumerate(tools, start=1):
            tell(f"building {tool.name} ({number} of {len(tools)})")
            started = time.monotonic()
            _build_one(tool, scratch, go, environment)
            (scratch / tool.name).replace(folder / tool.name)
            tell(f"built {tool.name} in {time.monotonic() - started:.0f} s")


def go_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The versions are ours: Go may neither edit go.mod nor fetch another toolchain."""
    return {**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", **extra}


def linker_flags(version: str) -> str:
    """Without them Kubernetes calls itself v0.0.0-master, which charts with a `kubeVersion` refuse."""
    major, minor, _ = version.removeprefix("v").split(".")
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    package = "k8s.io/component-base/version"
    return " ".join(["-s -w", *(f"-X {package}.{name}={value}" for name, value in stamps.items())])


def _build_one(tool: Tool, scratch: Path, go: str, environment: Mapping[str, str]) -> None:
    flags = linker_flags(kubernetes_version((MODULE / "go.mod").read_text(encoding="utf-8")))
    command = [go, "build", "-trimpath", "-ldflags", flags, "-o", str(scratch / tool.name), tool.package]
    if subprocess.run(command, cwd=MODULE, env=environment, check=False).returncode != 0:
        raise TestbedError(f"Building {tool.name} failed; the compiler's own words are above.")
