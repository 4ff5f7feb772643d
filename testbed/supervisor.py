"""The one process per cluster that all others die with. Started by `up`; ends on `down`, or with its owner."""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from testbed.addresses import BLOCKS, claim_block, free_ports, named_ports
from testbed.bring_up import bring_up, bring_up_istio
from testbed.control import SOCKET
from testbed.crew import Crew
from testbed.errors import TestbedError
from testbed.milestones import Milestones
from testbed.network import equip_namespace
from testbed.prometheus import prometheus
from testbed.state import State


class Supervisor:
    def __init__(self, state: State, ports: Iterator[int]) -> None:
        self._state = state
        self._ports = ports
        """Those of the cluster's ports that nothing uses yet."""
        self._crew = Crew(state)
        self._ready = False
        self._extras = 0
        self._over = asyncio.Event()
        self._mourners: list[asyncio.StreamWriter] = []
        """Connections that wait for the end; one that nobody refers to would be closed early."""

    async def run(self, owner: int | None) -> None:
        """Raises TestbedError if the cluster does not come up. In any case no process is left."""
        self._end_when_told(owner)
        server = await asyncio.start_unix_server(self._converse, SOCKET)
        over = asyncio.create_task(self._over.wait())
        rising = asyncio.create_task(self._come_up())
        try:
            await asyncio.wait((over, rising), return_when=asyncio.FIRST_COMPLETED)
            if rising.done():
                rising.result()
                await over
        finally:
            rising.cancel()
            await self._crew.stop_all()
            drop_data(self._state)
            server.close()

    async def _come_up(self) -> None:
        milestones = Milestones()
        await bring_up(self._state, self._crew, milestones.tell)
        self._ready = True
        milestones.tell("ready")
        # Whoever started us reads our standard output until it ends.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def _end_when_told(self, owner: int | None) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._over.set)
        if owner is not None:
            loop.add_reader(_handle(owner), self._over.set)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection that asked for the end stays open until the end: its closing is the answer."""
        line = await reader.readline()
        if not line:
            writer.close()
            return
        question = json.loads(line)
        if question["verb"] == "down":
            self._mourners.append(writer)
            self._over.set()
            return
        writer.write(json.dumps(await self._answer(**question)).encode() + b"\n")
        await writer.drain()
        writer.close()

    async def _answer(self, verb: str, name: str = "") -> dict[str, object]:
        try:
            return {"result": await self._do(verb, name)}
        except TestbedError as error:
            return {"error": str(error)}

    async def _do(self, verb: str, name: str) -> object:
        match verb:
            case "status":
                return {"ready": self._ready, "pid": os.getpid(), "processes": self._crew.describe()}
            case "prometheus" | "native prometheus":
                return await self._extra_prometheus(native=verb != "prometheus")
            case "istio":
                await bring_up_istio(self._state, self._crew, Milestones().tell)
            case "freeze" | "thaw":
                getattr(self._crew, verb)(name)
            case "stop" | "start" | "restart" | "kill":
                await getattr(self._crew, verb)(name)
            case _:
                raise TestbedError(f"The supervisor does not know the verb {verb}.")
        return None

    async def _extra_prometheus(self, *, native: bool) -> dict[str, str]:
        self._extras += 1
        name, port = f"prometheus-{self._extras}", next(self._ports)
        await self._crew.add(prometheus(self._state, name, port, native=native))
        return {"name": name, "url": f"http://127.0.0.1:{port}"}


def drop_data(state: State) -> None:
    """What is left of a cluster is small: its logs and its configuration."""
    for folder in (state.directory / "etcd", *state.directory.glob("prometheus*/data")):
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--owner", type=int)
    parser.add_argument("--own-network", action="store_true")
    parser.add_argument("--without-istio-crds", action="store_true")
    arguments = parser.parse_args()
    try:
        _supervise(arguments)
    except TestbedError as error:
        print(error, flush=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        # Whoever asked for the cluster is gone before it was ready: nobody would ever end it.
        raise SystemExit(1) from None


def _supervise(arguments: argparse.Namespace) -> None:
    """Its working directory is the cluster's folder."""
    if arguments.own_network:
        equip_namespace()
    block, claim = claim_block()
    free = free_ports(block)
    state = State(
        directory=Path.cwd(),
        ports=named_ports(free),
        block=str(BLOCKS[block]),
        admin_token=secrets.token_urlsafe(),
        operator_token=secrets.token_urlsafe(),
        own_network=arguments.own_network,
        istio=not arguments.without_istio_crds,
    )
    state.save()
    with claim:
        asyncio.run(_run(state, free, arguments.owner))


async def _run(state: State, free: Iterator[int], owner: int | None) -> None:
    await Supervisor(state, free).run(owner)


def _handle(owner: int) -> int:
    """Becomes readable when the process ends."""
    try:
        return os.pidfd_open(owner)
    except ProcessLookupError:
        raise TestbedError(f"The owner, process {owner}, is gone already.") from None


if __name__ == "__main__":
    main()
