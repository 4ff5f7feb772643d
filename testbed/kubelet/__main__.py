"""`python -m testbed.kubelet --state DIR`."""

import argparse
import asyncio
import resource
from collections.abc import Callable
from pathlib import Path
from random import Random

from testbed.kubelet.addresses import Addresses
from testbed.kubelet.api import Api, Changed, Listed
from testbed.kubelet.credentials import Credentials
from testbed.kubelet.http_server import listen
from testbed.kubelet.node import Pods, Services
from testbed.kubelet.responders import Page
from testbed.kubelet.stage import Stage
from testbed.kubelet.targets import Targets
from testbed.prometheus import pods_file
from testbed.state import State


async def run(state: State) -> None:
    """For ever; a supervisor ends it."""
    services = Services()
    targets = Targets(pods_file(state))
    targets.write()
    async with Api(Credentials.read(state.kubeconfig)) as api:
        pods = Pods(Stage(api, Addresses(state.block), targets, services.all, Random()))  # noqa: S311 - no secret
        await listen("127.0.0.1", state.ports["kubelet"], Page(lambda: b"ready\n" if pods.seen else None))
        async with asyncio.TaskGroup() as group:
            group.create_task(_follow(api, "/api/v1/services", services.see))
            group.create_task(_follow(api, "/api/v1/pods", pods.see))


async def _follow(api: Api, path: str, see: Callable[[Listed | Changed], None]) -> None:
    async for news in api.follow(path):
        see(news)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m testbed.kubelet", description="Play every pod of a testbed.")
    parser.add_argument("--state", type=Path, required=True, help="the folder of the cluster")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(run(State.load(parser.parse_args().state)))


if __name__ == "__main__":
    main()
