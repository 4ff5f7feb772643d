"""Everything that makes one cluster different from another, kept in its folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

PORT_NAMES = (
    "apiserver",
    "etcd",
    "etcd_peer",
    "kcm",
    "scheduler",
    "istiod_http",
    "istiod_grpc",
    "istiod_monitoring",
    "istiod_webhook",
    "envoy_admin",
    "gateway",
    "gateway_api",
    "prometheus",
    "kubelet",
)


@dataclass(frozen=True, slots=True)
class State:
    directory: Path
    ports: Mapping[str, int]
    """One free port on 127.0.0.1 for each of PORT_NAMES."""
    block: str
    """This cluster's own addresses, such as "10.210.16.0/20". The first host is the API server's; pods get the rest."""
    admin_token: str
    operator_token: str
    own_network: bool = False
    """Whether the cluster lives in a network namespace of its own, which one has to enter first."""
    istio: bool = True
    """Whether `up` installs Istio, or leaves that to a later `python -m testbed istio`."""

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    @property
    def operator_kubeconfig(self) -> Path:
        return self.directory / "operator.kubeconfig"

    @property
    def standby_kubeconfig(self) -> Path:
        """The operator's account with another token, so that the audit log tells two replicas apart."""
        return self.directory / "standby.kubeconfig"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def audit_log(self) -> Path:
        """One JSON line per API call of the operator's user."""
        return self.logs / "audit.jsonl"

    @property
    def apiserver_url(self) -> str:
        return f"https://127.0.0.1:{self.ports['apiserver']}"

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def binary(self, tool: str) -> str:
        """`up` links every tool into the cluster's folder: one path, wherever the tool came from."""
        return str(self.directory / "bin" / tool)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Raises FileNotFoundError where no cluster was ever started."""
        directory = directory.resolve()
        fields = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        return cls(**{**fields, "directory": directory})

    def save(self) -> None:
        """Replaces the file in one step; only the owner may read it, for the tokens."""
        fields = {**asdict(self), "directory": str(self.directory)}
        temporary = self.directory / "state.json.new"
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(fields, indent=2), encoding="utf-8")
        temporary.replace(self.directory / "state.json")
