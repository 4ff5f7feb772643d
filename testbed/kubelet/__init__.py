"""The testbed's kubelet: it plays every pod of the cluster, so that no container has to run.

Each bound pod gets an address of the cluster's block and a small HTTP server per container port. What a pod does,
good or bad, is read from its image tag and its environment: see settings.py.
"""

import sys
from pathlib import Path

import testbed
from testbed.process import Process
from testbed.state import State


def kubelet(state: State) -> Process:
    """Ready once it has seen all pods for the first time."""
    return Process(
        name="kubelet",
        command=(sys.executable, "-m", "testbed.kubelet", "--state", str(state.directory)),
        environment={"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(testbed.__file__).parents[1])},
        ready=state.url("kubelet"),
    )
