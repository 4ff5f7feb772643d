"""Namespaces of one test, and shops side by side that one operator looks after."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.shop import Shop
from testbed.sweep import sweep

Answer = TypeVar("Answer")
_DOORS = 4
"""So many shops open at once: each needs kubectl, and kubectl needs a processor."""


@contextmanager
def a_namespace(cluster: Cluster) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    yield name
    sweep(cluster.state, name)


@contextmanager
def shops_side_by_side(cluster: Cluster, place: str, count: int, tag: str) -> Iterator[list[Shop]]:
    """All open and run this version; the operator keeps its Lease in `place`, where the first one is."""
    with ExitStack() as stack:
        names = [place, *(stack.enter_context(a_namespace(cluster)) for _ in range(count - 1))]
        shops = [Shop(cluster, name) for name in names]
        with ThreadPoolExecutor(_DOORS) as doors:
            list(doors.map(lambda shop: shop.open(tag), shops))
        watched = {"CANARY_OPERATOR_NAMESPACES": " ".join(names)}
        stack.enter_context(OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=watched))
        yield shops


def in_each(shops: Sequence[Shop], work: Callable[[Shop], Sequence[Answer]]) -> list[Answer]:
    """All at the same time; everything that came out of it."""
    with ThreadPoolExecutor(len(shops)) as pool:
        return [one for found in pool.map(work, shops) for one in found]
