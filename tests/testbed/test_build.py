import os
from pathlib import Path

import pytest

from testbed.build import build, go_environment, linker_flags
from testbed.errors import TestbedError
from testbed.tools import BY_NAME

GO = """\
#!/bin/sh
mkdir -p "$GOCACHE" && touch "$GOCACHE/much"
for last; do out=$wanted; [ "$flag" = -o ] && wanted=$last; flag=$last; done
case "$last" in
  *etcd*) echo program > "$wanted" ;;
  *) echo half > "$wanted"; exit 1 ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path) -> str:
    """A compiler that builds etcd and fails at everything else, half-way."""
    path = tmp_path / "go"
    path.write_text(GO)
    path.chmod(0o755)
    return str(path)


def test_a_build_leaves_the_tool_and_nothing_else(tmp_path: Path, go: str) -> None:
    """The compiler's cache and all temporary names are gone."""
    build([BY_NAME["etcd"]], tmp_path / "cache", go, print)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["etcd"]


def test_a_failed_build_leaves_what_was_finished(tmp_path: Path, go: str) -> None:
    """Nothing half-written: the tool that failed is not there, the one before it is."""
    with pytest.raises(TestbedError, match="kubectl"):
        build([BY_NAME["etcd"], BY_NAME["kubectl"]], tmp_path / "cache", go, print)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["etcd"]


def test_progress_counts_the_tools(tmp_path: Path, go: str) -> None:
    """Whoever watches sees which tool is being built, and how many there are."""
    told: list[str] = []
    build([BY_NAME["etcd"]], tmp_path / "cache", go, told.append)
    assert "building etcd (1 of 1)" in told


def test_kubernetes_is_told_its_version() -> None:
    """Version, major and minor are stamped in."""
    package = "k8s.io/component-base/version"
    assert linker_flags("v1.36.1").split()[2:] == [
        "-X",
        f"{package}.gitVersion=v1.36.1",
        "-X",
        f"{package}.gitMajor=1",
        "-X",
        f"{package}.gitMinor=36",
    ]


def test_go_may_not_change_the_pins() -> None:
    """Neither the module's files nor the toolchain change behind our back."""
    environment = go_environment({"GOCACHE": "/fast"})
    assert environment["GOFLAGS"] == "-mod=readonly"
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOCACHE"] == "/fast"
    assert environment["PATH"] == os.environ["PATH"]
