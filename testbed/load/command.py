"""The command `load`: sends for a while, then prints the summary as JSON."""

import asyncio
import json
import signal
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from testbed.load.load import Load
from testbed.load.plan import Plan
from testbed.load.record import Record
from testbed.load.summary import summarise


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Ends with SystemExit, as commands do."""
    load.main(argv, prog_name="python -m testbed load")


@click.command
@click.option("--gateway", required=True, help="http://127.0.0.1:PORT")
@click.option("--host", required=True, help="The Host header, by which the gateway finds the route.")
@click.option("--rps", default=100.0, show_default=True, help="Requests per second.")
@click.option("--seconds", default=30.0, show_default=True)
@click.option("--users", default=0, show_default=True, help="Users who take turns, each keeping its cookies.")
@click.option("--path", default="/", show_default=True)
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="May be given several times.")
@click.option("--connections", default=64, show_default=True, help="At most so many at once.")
@click.option("--timeline", is_flag=True, help="Print the answers of each second too.")
def load(headers: Sequence[str], *, rps: float, timeline: bool, **plan: Any) -> None:
    """Send requests to a testbed's gateway and print who answered, how, and how fast. Ctrl-C ends it early."""
    pairs = dict(header.partition("=")[::2] for header in headers)
    try:
        checked = Plan(rate=rps, headers=pairs, **plan)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    record = asyncio.run(_run(checked))
    click.echo(json.dumps(summarise(record, timeline=timeline), indent=2))


async def _run(plan: Plan) -> Record:
    running = Load(plan)
    running.start()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    waiting = asyncio.create_task(stopped.wait())
    finishing = asyncio.create_task(running.finish())
    await asyncio.wait({waiting, finishing}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    await running.stop()
    return running.record
