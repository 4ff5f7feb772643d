"""What `up` does before and around the supervisor."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from testbed import binaries, control
from testbed.environment import child_environment, write_env_file
from testbed.errors import TestbedError
from testbed.milestones import Milestones
from testbed.network import Network, choose, inside
from testbed.state import State
from testbed.tools import FOR_A_CLUSTER


def up(directory: Path, *, owner: int | None, own_network: bool, istio: bool) -> State:
    """Returns when the cluster is ready. Everything that needs the internet happens before the supervisor starts."""
    milestones = Milestones()
    network = choose(own=own_network)
    directory = empty(directory.resolve())
    link_tools(directory / "bin", milestones)
    milestones.tell(f"the tools are there; starting them in {network.value}")
    flags = [] if owner is None else [f"--owner={owner}"]
    flags += ["--own-network"] if network is Network.NAMESPACE else []
    flags += [] if istio else ["--without-istio-crds"]
    supervise(directory, network, flags)
    state = State.load(directory)
    write_env_file(state)
    return state


def empty(directory: Path) -> Path:
    """A folder for a new cluster. What an earlier cluster left there goes away; anything else is left alone."""
    if control.is_up(directory):
        raise TestbedError(f"A cluster is up in {directory} already. End it first: python -m testbed down.")
    if directory.exists() and any(directory.iterdir()) and not (directory / "bin").is_dir():
        raise TestbedError(f"{directory} is not empty, and what it holds is no cluster of ours.")
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "logs").mkdir(parents=True)
    return directory


def link_tools(folder: Path, milestones: Milestones) -> None:
    folder.mkdir()
    for name, path in binaries.tools(FOR_A_CLUSTER, milestones.tell).items():
        (folder / name).symlink_to(path.resolve())
    for name in binaries.CRDS:
        (folder / name).symlink_to(binaries.crds(name, milestones.tell).resolve())


def supervise(directory: Path, network: Network, flags: Sequence[str]) -> None:
    """Starts the supervisor in a session of its own, and repeats what it says until it says no more."""
    command = inside((sys.executable, "-m", "testbed.supervisor", *flags), network)
    with (directory / "logs" / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            command,
            cwd=directory,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        _echo(supervisor)
    except BaseException:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait()
        raise
    if not control.is_up(directory):
        raise TestbedError(f"The cluster did not come up. Its logs are in {directory}/logs.")


def _echo(supervisor: subprocess.Popen[bytes]) -> None:
    for line in supervisor.stdout or ():
        sys.stdout.write(line.decode(errors="replace"))
        sys.stdout.flush()
