import stat
from pathlib import Path

import pytest

from testbed.environment import environment, write_env_file
from testbed.state import PORT_NAMES, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    ports = {name: 20_000 + number for number, name in enumerate(PORT_NAMES)}
    return State(tmp_path, ports, "10.210.16.0/20", "admin-token", "operator-token")


def test_a_saved_state_is_loaded_unchanged(state: State) -> None:
    """Another process sees the same cluster."""
    state.save()
    assert State.load(state.directory) == state


def test_only_the_owner_reads_the_tokens(state: State) -> None:
    """On a shared machine nobody else becomes admin of the cluster."""
    state.save()
    assert stat.S_IMODE((state.directory / "state.json").stat().st_mode) == 0o600


def test_a_folder_without_a_cluster_is_an_error(tmp_path: Path) -> None:
    """Nothing is made up."""
    with pytest.raises(FileNotFoundError):
        State.load(tmp_path)


def test_a_shell_learns_where_everything_is(state: State) -> None:
    """`DIR/env` exports the addresses and puts the cluster's kubectl first."""
    write_env_file(state)
    lines = (state.directory / "env").read_text().splitlines()
    assert f"export KUBECONFIG={state.directory}/kubeconfig" in lines
    assert f"export GATEWAY_URL=http://127.0.0.1:{state.ports['gateway']}" in lines
    assert environment(state)["PATH"].startswith(f"{state.directory}/bin:")


def test_an_own_network_names_its_entrance(tmp_path: Path, state: State) -> None:
    """Who sources `DIR/env` of a cluster in a namespace of its own is told how to get in."""
    inside = State(tmp_path, state.ports, state.block, "a", "b", own_network=True)
    write_env_file(inside)
    text = (tmp_path / "env").read_text()
    assert text.startswith("#")
    assert f"testbed exec --state {tmp_path} --" in text
