"""etcd and the three Kubernetes programs: their command lines, and the files these name."""

import json
from pathlib import Path

from testbed.addresses import first_host
from testbed.process import Process
from testbed.signing_key import signing_key
from testbed.state import State

OPERATOR = "system:serviceaccount:canary-operator:canary-operator"
"""The operator's user is called like a service account, so that the role bindings of `deploy/` fit unchanged."""
_OPERATOR_GROUPS = "system:serviceaccounts,system:serviceaccounts:canary-operator"
FIRST, STANDBY = "canary-operator-0", "canary-operator-1"
"""The same account as two pods have it. In an audit log a real one carries its pod's name; here the uid tells."""


def write_files(state: State) -> None:
    for folder in ("etcd", "apiserver", "logs"):
        (state.directory / folder).mkdir(exist_ok=True)
    _write(state.directory / "service-accounts.key", signing_key())
    _write(state.directory / "tokens.csv", _tokens(state))
    _write(state.directory / "audit-policy.json", json.dumps(_audit_policy()))
    _write(state.kubeconfig, json.dumps(_kubeconfig(state, "admin", state.admin_token), indent=2))
    _write(state.operator_kubeconfig, json.dumps(_kubeconfig(state, "operator", state.operator_token), indent=2))
    _write(state.standby_kubeconfig, json.dumps(_kubeconfig(state, "standby", _standby_token(state)), indent=2))


def etcd(state: State) -> Process:
    client, peer = state.url("etcd"), state.url("etcd_peer")
    return _process(
        state,
        "etcd",
        f"{client}/health",
        f"--data-dir={state.directory}/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def apiserver(state: State) -> Process:
    return _process(
        state,
        "kube-apiserver",
        f"{state.apiserver_url}/readyz",
        f"--etcd-servers={state.url('etcd')}",
        f"--cert-dir={state.directory}/apiserver",
        "--bind-address=127.0.0.1",
        f"--secure-port={state.ports['apiserver']}",
        f"--advertise-address={first_host(state.block)}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={state.directory}/service-accounts.key",
        f"--service-account-signing-key-file={state.directory}/service-accounts.key",
        f"--token-auth-file={state.directory}/tokens.csv",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--disable-admission-plugins=ServiceAccount",
        # A benchmark wants to see the operator's limits, not the API server's politeness.
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        f"--audit-policy-file={state.directory}/audit-policy.json",
        f"--audit-log-path={state.audit_log}",
    )


def controller_manager(state: State) -> Process:
    return _process(
        state,
        "kube-controller-manager",
        f"https://127.0.0.1:{state.ports['kcm']}/healthz",
        *_client_flags(state, "kcm"),
        f"--service-account-private-key-file={state.directory}/service-accounts.key",
        # Nobody renews our nodes' leases; after 40 s it would declare them lost.
        "--controllers=*,-node-lifecycle-controller",
        "--kube-api-qps=300",
        "--kube-api-burst=600",
        "--concurrent-deployment-syncs=10",
    )


def scheduler(state: State) -> Process:
    health = f"https://127.0.0.1:{state.ports['scheduler']}/healthz"
    return _process(state, "kube-scheduler", health, *_client_flags(state, "scheduler"))


def _process(state: State, name: str, ready: str, *flags: str) -> Process:
    return Process(name, (state.binary(name), *flags), {}, ready)


def _client_flags(state: State, port: str) -> tuple[str, ...]:
    return (
        f"--kubeconfig={state.kubeconfig}",
        f"--authentication-kubeconfig={state.kubeconfig}",
        f"--authorization-kubeconfig={state.kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={state.ports[port]}",
        f"--cert-dir={state.directory}/{port}",
    )


def _tokens(state: State) -> str:
    return (
        f'{state.admin_token},admin,admin,"system:masters"\n'
        f'{state.operator_token},{OPERATOR},{FIRST},"{_OPERATOR_GROUPS}"\n'
        f'{_standby_token(state)},{OPERATOR},{STANDBY},"{_OPERATOR_GROUPS}"\n'
    )


def _standby_token(state: State) -> str:
    return f"{state.operator_token}-standby"


def _audit_policy() -> dict[str, object]:
    """Only the operator's calls, and of each only who, what and when."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "users": [OPERATOR]}, {"level": "None"}],
    }


def _kubeconfig(state: State, user: str, token: str) -> dict[str, object]:
    """The API server signs its certificate itself at its first start, so that is whom to trust."""
    cluster = {"server": state.apiserver_url, "certificate-authority": f"{state.directory}/apiserver/apiserver.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "testbed", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": user}}],
        "current-context": "testbed",
    }


def _write(path: Path, text: str) -> None:
    """Readable by the owner alone: most of these files hold a secret."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
