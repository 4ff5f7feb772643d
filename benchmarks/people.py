"""What users and bystanders do meanwhile: send requests, and look at how far the rollouts are."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from benchmarks.setting import Setting
from testbed.errors import TestbedError
from testbed.load import Load, Plan

_PATIENCE = 300.0


def states(stage: Setting) -> Counter[str]:
    """How many rollouts are in each state."""
    return Counter(one.get("status", {}).get("state", "") for one in rollouts(stage))


def rollouts(stage: Setting) -> list[dict[str, Any]]:
    """Of all namespaces."""
    path = "/apis/canary-operator.dev/v1alpha1/canaryrollouts"
    items: list[dict[str, Any]] = json.loads(stage.cluster.kubectl("get", "--raw", path))["items"]
    return items


def until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TestbedError(f"Waited {_PATIENCE:.0f} s in vain for {what}.")
        time.sleep(0.5)


@contextmanager
def users(stage: Setting, rates: Mapping[str, float]) -> Iterator[None]:
    """So many requests per second to each host, all from one thread."""
    over = threading.Event()

    async def send() -> None:
        async with AsyncExitStack() as stack:
            for host, rate in rates.items():
                plan = Plan(stage.cluster.gateway_url, host, rate, connections=4)
                await stack.enter_async_context(Load(plan))
                await asyncio.sleep(1 / rate / len(rates))
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(send()), name="users", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
