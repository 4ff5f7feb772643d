import re
from pathlib import Path

import pytest

from testbed.tools import (
    BY_NAME,
    FOR_A_CLUSTER,
    MODULE,
    TOOLS,
    cache_key,
    go_version,
    kubernetes_version,
    required_go,
    version_fits,
)

GO_MOD = (MODULE / "go.mod").read_text(encoding="utf-8")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module tools\n")
    (tmp_path / "go.sum").write_text("sums\n")
    return tmp_path


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_a_changed_pin_changes_the_key(module: Path, file: str) -> None:
    """Tools from other pins are never taken for these."""
    before = cache_key(module)
    (module / file).write_text("changed\n")
    assert cache_key(module) != before


def test_equal_pins_share_a_key(module: Path) -> None:
    """Two checkouts of one version find each other's tools."""
    assert cache_key(module) == cache_key(module)
    assert re.fullmatch("[0-9a-f]{16}", cache_key(module))


@pytest.mark.parametrize(
    ("tool", "printed"),
    [
        ("kubectl", "Client Version: v1.36.4\nKustomize Version: v5.8.1\n"),
        ("kube-apiserver", "Kubernetes v1.36.1\n"),
        ("etcd", "etcd Version: 3.6.8\nGit SHA: unknown\n"),
        ("prometheus", "prometheus, version 3.13.0 (branch: HEAD, revision: 1)"),
        ("helm", "v4.2.4+gabcdef"),
    ],
)
def test_a_version_like_the_pinned_one_fits(tool: str, printed: str) -> None:
    """A patch release more or less makes no difference."""
    assert version_fits(BY_NAME[tool], printed)


@pytest.mark.parametrize(
    ("tool", "printed"),
    [
        ("kubectl", "Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0\n"),
        ("kube-apiserver", "Kubernetes v11.36.1\n"),
        ("etcd", "etcd Version: 3.5.21\nGo Version: go1.23.6\n"),
        ("prometheus", "prometheus, version 2.53.0 (branch: HEAD, revision: 1)"),
        ("helm", "v3.16.0"),
        ("etcd", ""),
    ],
)
def test_another_version_does_not_fit(tool: str, printed: str) -> None:
    """A tool of another minor version, or one that says nothing, is passed over."""
    assert not version_fits(BY_NAME[tool], printed)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_is_pinned(tool: object) -> None:
    """Every package of the table stands in the module's `tool` block."""
    assert re.search(rf"^\t{re.escape(getattr(tool, 'package', '?'))}$", GO_MOD, re.MULTILINE)


def test_a_cluster_needs_neither_helm_nor_promtool() -> None:
    """These two are built only when somebody asks for them."""
    assert set(BY_NAME) - set(FOR_A_CLUSTER) == {"helm", "promtool"}


def test_the_pinned_versions_are_read_from_go_mod() -> None:
    """The version that the API server reports and the Go it is built with come from the same file."""
    assert re.fullmatch(r"v1\.36\.\d+", kubernetes_version(GO_MOD))
    assert required_go(GO_MOD) >= (1, 26)


def test_a_go_mod_without_versions_is_refused() -> None:
    """A file that pins nothing is an error, not a default."""
    with pytest.raises(ValueError, match="go line"):
        required_go("module tools\n")
    with pytest.raises(ValueError, match=r"k8s\.io/kubernetes"):
        kubernetes_version("module tools\n")


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27 linux/arm64", (1, 27)),
        ("gccgo (Debian 14.2.0) 14.2.0", None),
    ],
)
def test_go_tells_its_version(printed: str, version: tuple[int, ...] | None) -> None:
    """Versions compare as numbers, and a stranger's answer is no version."""
    assert go_version(printed) == version
