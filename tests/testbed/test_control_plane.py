import base64
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed import control_plane
from testbed.signing_key import signing_key
from testbed.state import PORT_NAMES, State

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def state(tmp_path: Path) -> State:
    ports = {name: 20_000 + number for number, name in enumerate(PORT_NAMES)}
    state = State(tmp_path, ports, "10.210.16.0/20", "admin-token", "operator-token")
    state.logs.mkdir()
    control_plane.write_files(state)
    return state


def test_everything_listens_on_loopback_only(state: State) -> None:
    """Nobody on the network reaches a testbed."""
    for make in (control_plane.apiserver, control_plane.controller_manager, control_plane.scheduler):
        assert "--bind-address=127.0.0.1" in make(state).command
    urls = [flag for flag in control_plane.etcd(state).command if "-urls=" in flag]
    assert urls
    assert all("=http://127.0.0.1:" in flag for flag in urls)


def test_the_operator_is_called_like_its_service_account(state: State) -> None:
    """The role bindings of the chart name this user and these groups; two replicas are one user with two tokens."""
    admin, *replicas = (row.split(",", 3) for row in (state.directory / "tokens.csv").read_text().splitlines())
    assert admin == ["admin-token", "admin", "admin", '"system:masters"']
    assert {user for _, user, _, _ in replicas} == {"system:serviceaccount:canary-operator:canary-operator"}
    assert len({token for token, *_ in replicas}) == len({uid for _, _, uid, _ in replicas}) == 2
    assert not any("system:masters" in groups for *_, groups in replicas)


def test_only_the_operator_is_audited(state: State) -> None:
    """The counts of a benchmark hold the operator's calls and nobody else's."""
    policy = json.loads((state.directory / "audit-policy.json").read_text())
    assert policy["rules"] == [{"level": "Metadata", "users": [control_plane.OPERATOR]}, {"level": "None"}]


@pytest.mark.parametrize(
    "file", ["tokens.csv", "service-accounts.key", "kubeconfig", "operator.kubeconfig", "standby.kubeconfig"]
)
def test_secrets_are_readable_by_their_owner_alone(state: State, file: str) -> None:
    """On a shared machine nobody else gets in."""
    assert stat.S_IMODE((state.directory / file).stat().st_mode) == 0o600


def test_each_kubeconfig_has_a_token_of_its_own(state: State) -> None:
    """The operator is not admin by mistake."""
    assert state.admin_token not in state.operator_kubeconfig.read_text()
    assert state.operator_token not in state.kubeconfig.read_text()


@given(st.binary(min_size=32, max_size=32).filter(any))
def test_any_random_bytes_make_a_key_of_the_curve(random: bytes) -> None:
    """The secret number lies below the order of P-256, where RFC 5915 wants it."""
    der = base64.b64decode("".join(signing_key(random).splitlines()[1:-1]))
    assert len(der) == der[1] + 2
    assert 0 < int.from_bytes(der[7:39]) < P256_ORDER
