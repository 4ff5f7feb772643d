"""Clients of the API server, for tests that are coroutines."""

import asyncio

from canary_operator.providers.kubernetes import Kubernetes

_END_OF_TLS = 0.25


async def end(client: Kubernetes) -> None:
    """TLS connections end a moment after their session; what is open when the loop ends warns in a later test."""
    await client.close()
    await asyncio.sleep(_END_OF_TLS)
