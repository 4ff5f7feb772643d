"""Finds each tool, or builds it: TESTBED_BIN, KUBEBUILDER_ASSETS, PATH, the cache, `go build`."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from testbed.build import build, go_environment
from testbed.errors import TestbedError
from testbed.golang import Tell, toolchain
from testbed.tools import BY_NAME, MODULE, Tool, cache_key, version_fits

CRDS: Mapping[str, tuple[str, str]] = {
    "istio-crds.json": ("istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
    "gateway-api-crds.json": ("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_*.yaml"),
}
"""Lists of CustomResourceDefinitions, by the Go module and the files that they come from.

They lie beside the tools, so that a warm start needs no Go.
"""


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    home = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/root")) / ".cache"
    return Path(home) / "canary-operator" / "testbed"


def tools(names: Sequence[str], tell: Tell) -> dict[str, Path]:
    """The path of each tool; what is nowhere to be found is built, which takes minutes."""
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise TestbedError(f"No such tool: {', '.join(unknown)}. There are: {', '.join(BY_NAME)}.")
    wanted = [tool for name, tool in BY_NAME.items() if name in names]
    if any(find(tool) is None for tool in wanted):
        with locked(cache_folder() / cache_key(), tell) as folder:
            missing = [tool for tool in wanted if find(tool) is None]
            if missing:
                build(missing, folder, toolchain(cache_folder(), tell), tell)
    return {tool.name: path for tool in wanted if (path := find(tool))}


def find(tool: Tool, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the tool is, if it is anywhere. A folder that somebody named is believed; PATH has to fit."""
    own = _program(environment.get("TESTBED_BIN"), tool.name)
    assets = _program(environment.get("KUBEBUILDER_ASSETS"), tool.name) if tool.envtest else None
    on_path = shutil.which(tool.name, path=environment.get("PATH"))
    foreign = (candidate for candidate in (assets, on_path and Path(on_path)) if candidate and _fits(tool, candidate))
    return own or next(foreign, None) or _program(cache_folder(environment) / cache_key(), tool.name)


def crds(name: str, tell: Tell, environment: Mapping[str, str] = os.environ) -> Path:
    """These CRDs as JSON, which loads in a tenth of the time that the module's YAML takes."""
    own = Path(environment.get("TESTBED_BIN", "/nonexistent")) / name
    cached = cache_folder(environment) / cache_key() / name
    if own.exists() or cached.exists():
        return own if own.exists() else cached
    module, pattern = CRDS[name]
    with locked(cached.parent, tell):
        files = sorted(_module_folder(module, toolchain(cache_folder(), tell)).glob(pattern))
        found = [crd for file in files for crd in yaml.safe_load_all(file.read_text(encoding="utf-8")) if crd]
        temporary = cached.with_suffix(".new")
        temporary.write_text(json.dumps(_definitions(found)), encoding="utf-8")
        temporary.replace(cached)
    return cached


@contextmanager
def locked(folder: Path, tell: Tell) -> Iterator[Path]:
    """One builder at a time; the others wait, and find its results."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another run is building the tools: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _definitions(bodies: Sequence[Any]) -> list[Any]:
    """The files of a module hold policies too."""
    return [body for body in bodies if body["kind"] == "CustomResourceDefinition"]


def _program(folder: str | Path | None, name: str) -> Path | None:
    path = Path(folder or "/nonexistent") / name
    return path if os.access(path, os.X_OK) else None


def _fits(tool: Tool, candidate: Path) -> bool:
    try:
        asked = subprocess.run([candidate, *tool.asks], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    return version_fits(tool, asked.stdout + asked.stderr)


def _module_folder(module: str, go: str) -> Path:
    command = [go, "mod", "download", "-json", module]
    asked = subprocess.run(command, cwd=MODULE, env=go_environment({}), capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise TestbedError(f"Could not fetch {module}: {asked.stdout}{asked.stderr}")
    return Path(json.loads(asked.stdout)["Dir"])
