"""The thread, and what its caller may ask of it."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
from aiohttp import web

from testbed.api import trusting
from testbed.cluster import Cluster
from testbed.operator.port import claim_port
from testbed.proxy.faults import Faults, Refusal, Which, every
from testbed.proxy.ledger import Ledger, Trap, Write
from testbed.proxy.relay import Relay, Witness

_PATIENCE = 10.0
Result = TypeVar("Result")


class Proxy:
    """Serves within `with`; give `environment` to the one operator that is to go through it."""

    def __init__(self, cluster: Cluster, *, witness: Witness | None = None) -> None:
        self._state = cluster.state
        self._witness = witness
        self._faults, self._ledger = Faults(), Ledger()
        self._port, self._claim = claim_port(cluster.state)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._relay: Relay | None = None
        self._thread = threading.Thread(target=self._run, name=f"proxy on {self._port}", daemon=True)
        self._started: Future[None] = Future()

    @property
    def kubeconfig(self) -> Path:
        return self._state.directory / f"proxy-{self._port}.kubeconfig"

    @property
    def environment(self) -> dict[str, str]:
        """What sends an operator through here.

        Without reports: they are written beside the run at times of their own, and what is counted here are its steps.
        """
        return {"CANARY_OPERATOR_KUBECONFIG": str(self.kubeconfig), "CANARY_OPERATOR_REPORTS": "0"}

    def __enter__(self) -> Self:
        self._write_kubeconfig()
        self._thread.start()
        self._started.result(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_PATIENCE)
        self._claim.close()
        self.kubeconfig.unlink()

    def begin(self, trap: Trap | None = None) -> None:
        """Forget all writes so far, and count from now."""
        self._ask(lambda: self._ledger.begin(trap))

    def writes(self) -> tuple[Write, ...]:
        """Those that reached the API server since `begin`, in the order in which it answered."""
        return self._ask(lambda: tuple(self._ledger.writes))

    def steps(self) -> tuple[Write, ...]:
        """Those of them that took effect, without Leases and Events."""
        return tuple(write for write in self.writes() if write.is_step)

    def calls(self) -> Counter[tuple[str, str]]:
        """All calls since the start, by verb and resource."""
        return self._ask(lambda: Counter(self._ledger.calls))

    def slow(self, seconds: float) -> None:
        """Each call waits so long before it is passed on."""
        self._ask(lambda: self._faults.slow(seconds))

    def refuse(
        self, status: int, *, calls: float = float("inf"), forwarded: bool = False, which: Which = every
    ) -> None:
        """Answer the next calls with this status; the API server gets them all the same if they are `forwarded`."""
        self._ask(lambda: self._faults.refuse(Refusal(status, calls, forwarded, which)))

    def hold(self, seconds: float, which: Which) -> None:
        """The API server answers these calls at once, and each answer arrives so much later than those after it."""
        self._ask(lambda: self._faults.hold(seconds, which))

    def cut(self) -> None:
        """Break every watch, and then every connection on which something is asked."""
        self._ask(self._part_with_all)

    def drop_watches(self) -> None:
        if self._relay is not None:
            self._ask(self._relay.drop)

    def heal(self) -> None:
        """From now on all is well."""
        self._ask(self._faults.heal)

    def _ask(self, question: Callable[[], Result]) -> Result:
        """Asked between two steps of the loop, so nothing changes meanwhile."""
        if not self._thread.is_alive():
            return question()

        async def answer() -> Result:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(_PATIENCE)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except BaseException as error:  # noqa: BLE001 -- for the thread that waits
                self._started.set_exception(error)
                return
            self._started.set_result(None)
            await self._over.wait()
            self._part_with_all()

    def _part_with_all(self) -> None:
        self._faults.cut()
        if self._relay is not None:
            self._relay.drop()

    async def _open(self, stack: AsyncExitStack) -> None:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                self._state.apiserver_url,
                connector=aiohttp.TCPConnector(ssl=trusting(), limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
                auto_decompress=False,
            )
        )
        self._relay = Relay(session, self._faults, self._ledger, self._witness)
        server = web.Server(self._relay, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", self._port, reuse_address=True).start()

    def _write_kubeconfig(self) -> None:
        """The operator's own, with another address. Readable by the owner alone, for the token."""
        config = json.loads(self._state.operator_kubeconfig.read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{self._port}"}
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps(config), encoding="utf-8")
