from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from testbed import binaries
from testbed.binaries import cache_folder, find, locked, tools
from testbed.errors import TestbedError
from testbed.tools import BY_NAME, cache_key

KUBECTL = BY_NAME["kubectl"]
HELM = BY_NAME["helm"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = {name: str(tmp_path / name) for name in ("TESTBED_BIN", "KUBEBUILDER_ASSETS", "PATH", "XDG_CACHE_HOME")}
    return {**folders, "HOME": str(tmp_path)}


def cached(environment: dict[str, str]) -> Path:
    return cache_folder(environment) / cache_key()


def a_program(folder: str | Path, name: str, *, prints: str = "v1.36.1") -> Path:
    """A small script in place of the tool; it runs without any PATH."""
    path = Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {prints}\n")
    path.chmod(0o755)
    return path


def test_a_tool_that_is_nowhere_is_not_found(environment: dict[str, str]) -> None:
    """Nothing stands in for a missing tool."""
    assert find(KUBECTL, environment) is None


def test_the_places_are_asked_in_order(environment: dict[str, str]) -> None:
    """A folder that somebody named for us goes before envtest's, that before PATH, and PATH before the cache."""
    for folder in (
        cached(environment),
        environment["PATH"],
        environment["KUBEBUILDER_ASSETS"],
        environment["TESTBED_BIN"],
    ):
        program = a_program(folder, "kubectl")
        assert find(KUBECTL, environment) == program


@pytest.mark.parametrize("place", ["PATH", "KUBEBUILDER_ASSETS"])
def test_a_wrong_version_is_passed_over(environment: dict[str, str], place: str) -> None:
    """An old kubectl on PATH does not hide the right one in the cache."""
    a_program(environment[place], "kubectl", prints="v1.32.4")
    ours = a_program(cached(environment), "kubectl")
    assert find(KUBECTL, environment) == ours


def test_the_named_folder_is_believed(environment: dict[str, str]) -> None:
    """Who names TESTBED_BIN may try any version."""
    program = a_program(environment["TESTBED_BIN"], "kubectl", prints="v1.40.0")
    assert find(KUBECTL, environment) == program


def test_envtest_assets_hold_no_helm(environment: dict[str, str]) -> None:
    """KUBEBUILDER_ASSETS is asked only for the three tools that everyone's envtest puts there."""
    a_program(environment["KUBEBUILDER_ASSETS"], "helm", prints="v4.2.4")
    assert find(HELM, environment) is None


def test_a_file_that_cannot_run_is_no_tool(environment: dict[str, str]) -> None:
    """Without the permission to run it, a file of the right name does not count."""
    a_program(cached(environment), "kubectl").chmod(0o644)
    assert find(KUBECTL, environment) is None


def test_an_unknown_tool_is_answered_with_the_known_ones() -> None:
    """A misspelt tool is an error that lists the names."""
    with pytest.raises(TestbedError, match="kube-apiserver"):
        tools(["kubeapiserver"], print)


def test_what_is_missing_is_built_into_the_cache(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the missing tool is built, and it is found afterwards."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    a_program(cached(environment), "kubectl")
    built: list[str] = []

    def build(missing: list[object], folder: Path, go: str, tell: object) -> None:
        del go, tell
        built.extend(getattr(tool, "name", "?") for tool in missing)
        a_program(folder, "etcd")

    monkeypatch.setattr(binaries, "build", build)
    monkeypatch.setattr(binaries, "toolchain", lambda cache, tell: f"go of {cache} {tell}")
    assert tools(["etcd", "kubectl"], print) == {name: cached(environment) / name for name in ("kubectl", "etcd")}
    assert built == ["etcd"]


def test_the_second_builder_waits_for_the_first(tmp_path: Path) -> None:
    """Two runs never build at the same time; the later one says that it waits."""
    said: Queue[str] = Queue()

    def enter() -> None:
        with locked(tmp_path, said.put):
            said.put("entered")

    second = Thread(target=enter)
    with locked(tmp_path, print):
        second.start()
        assert "waiting" in said.get(timeout=5)
        with pytest.raises(Empty):
            said.get(timeout=0.2)
    assert said.get(timeout=5) == "entered"
    second.join()


def test_a_folder_for_the_cache_follows_the_convention() -> None:
    """XDG_CACHE_HOME moves it; empty counts as unset, as the convention says."""
    assert cache_folder({"XDG_CACHE_HOME": "/fast"}) == Path("/fast/canary-operator/testbed")
    assert cache_folder({"XDG_CACHE_HOME": "", "HOME": "/home/me"}) == Path("/home/me/.cache/canary-operator/testbed")


def test_the_crds_lie_beside_the_tools(environment: dict[str, str]) -> None:
    """With the CRDs in the cache no Go is needed."""
    for name in binaries.CRDS:
        file = cached(environment) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("[]")
        assert binaries.crds(name, print, environment) == file
