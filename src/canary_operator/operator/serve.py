"""`/healthz`, `/readyz` and `/metrics`."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from canary_operator.operator.telemetry import CONTENT_TYPE
from canary_operator.settings import Listen


@asynccontextmanager
async def served(
    listen: Listen, *, not_ready: Callable[[], Sequence[str]], metrics: Callable[[], bytes]
) -> AsyncIterator[int]:
    """Serve while the context lasts; gives the port. `not_ready` says in sentences what is missing."""
    runner = web.AppRunner(application(not_ready=not_ready, metrics=metrics), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, listen.host, listen.port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def application(*, not_ready: Callable[[], Sequence[str]], metrics: Callable[[], bytes]) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        """That this is answered is the answer: the event loop goes on. Nobody outside is asked."""
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        missing = not_ready()
        return web.Response(text="".join(f"{line}\n" for line in missing) or "ok\n", status=503 if missing else 200)

    async def numbers(_: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", numbers)])
    return app
