"""A look: interrupted before and after like a write, and never an exception but the process's own end."""

from collections.abc import Callable
from typing import TypeVar

from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from tests.doubles.memory.calls import Look
from tests.doubles.memory.cluster import MemoryCluster

Answer = TypeVar("Answer")


def asked(cluster: MemoryCluster, what: Look, answer: Callable[[], Answer]) -> Answer | Unknown:
    """The answer as of the moment between the two interruptions; not answered where one of them says so."""
    try:
        cluster.calls.around(what)
        told: Answer | Unknown = answer()
        cluster.calls.around(what)
    except Unavailable as error:
        told = Unknown(str(error))
    cluster.answers[what] = told
    return told
