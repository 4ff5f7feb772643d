"""The programs a cluster is made of: what they are called, where they are built from, which versions will do."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

MODULE = Path(__file__).parent / "tools"
"""A Go module that pins all tools together."""


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    package: str
    """The Go package; its last part is what `go build` calls the program, except for major version suffixes."""
    asks: tuple[str, ...]
    """Arguments that make the program print its version."""
    fits: str
    """A pattern that the printed version has to contain, for a program that we did not build."""
    envtest: bool = False
    """Whether a KUBEBUILDER_ASSETS folder holds it."""


_KUBERNETES = r"\bv1\.36\.\d"

# In the order of building: the longest build comes first, so that whoever watches knows early how long it takes.
TOOLS = (
    Tool("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", ("--version",), _KUBERNETES, envtest=True),
    Tool("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager", ("--version",), _KUBERNETES),
    Tool("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler", ("--version",), _KUBERNETES),
    Tool("kubectl", "k8s.io/kubernetes/cmd/kubectl", ("version", "--client"), _KUBERNETES, envtest=True),
    Tool("etcd", "go.etcd.io/etcd/server/v3", ("--version",), r"\b3\.6\.\d", envtest=True),
    Tool("pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery", ("version",), r'Version:"1\.31\.'),
    Tool("prometheus", "github.com/prometheus/prometheus/cmd/prometheus", ("--version",), r"version v?3\.\d"),
    Tool("promtool", "github.com/prometheus/prometheus/cmd/promtool", ("--version",), r"version v?3\.\d"),
    Tool("helm", "helm.sh/helm/v4/cmd/helm", ("version", "--short"), r"\bv4\.\d"),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
FOR_A_CLUSTER = tuple(tool.name for tool in TOOLS if tool.name not in {"promtool", "helm"})
"""What `up` needs; the others are built when asked for by name."""


def cache_key(module: Path = MODULE) -> str:
    """The pinned versions in short: programs built from other pins never answer to this key."""
    pins = (module / "go.mod").read_bytes() + (module / "go.sum").read_bytes()
    return hashlib.sha256(pins).hexdigest()[:16]


def version_fits(tool: Tool, printed: str) -> bool:
    return re.search(tool.fits, printed) is not None


def required_go(go_mod: str) -> tuple[int, ...]:
    """The `go 1.26.0` line of a go.mod as (1, 26, 0)."""
    line = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod, re.MULTILINE)
    if line is None:
        raise ValueError("go.mod has no go line")
    return _numbers(line[1])


def go_version(printed: str) -> tuple[int, ...] | None:
    """What `go version` prints, `go version go1.26.8 linux/amd64`, as (1, 26, 8)."""
    found = re.search(r"\bgo(\d+(?:\.\d+)+)", printed)
    return _numbers(found[1]) if found else None


def kubernetes_version(go_mod: str) -> str:
    """The pinned Kubernetes, such as "v1.36.1"."""
    found = re.search(r"^\s*k8s\.io/kubernetes (v\d+\.\d+\.\d+)", go_mod, re.MULTILINE)
    if found is None:
        raise ValueError("go.mod does not pin k8s.io/kubernetes")
    return found[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
