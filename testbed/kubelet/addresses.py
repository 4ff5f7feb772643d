"""Hands out the pod addresses of one cluster."""

from collections import deque
from ipaddress import ip_network


class Addresses:
    """An address given back is the last one to be used again: Envoy and Prometheus may still know it for a moment."""

    def __init__(self, block: str) -> None:
        """The first host of the block stands for the API server and is never handed out."""
        _, *others = ip_network(block).hosts()
        self._free = deque(str(host) for host in others)

    def take(self, wanted: str | None = None) -> str:
        """`wanted` if it is free, or else the one unused for longest. Raises IndexError where all are in use."""
        if wanted is not None and wanted in self._free:
            self._free.remove(wanted)
            return wanted
        return self._free.popleft()

    def give_back(self, address: str) -> None:
        self._free.append(address)
