"""What is to be sent: bounded in rate, time and connections, and only to this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

MOST_PER_SECOND = 2000
LONGEST_SECONDS = 24 * 3600
MOST_CONNECTIONS = 512


@dataclass(frozen=True, slots=True)
class Plan:
    """Raises ValueError for a target that isn't this machine, and for numbers beyond the bounds above."""

    gateway: str
    """`http://127.0.0.1:PORT`, as the testbed's status shows it."""
    host: str
    """The Host header, by which the gateway finds the route."""
    rate: float = 100.0
    """Requests per second; they are due at even distances, however slow the answers are."""
    seconds: float = LONGEST_SECONDS
    users: int = 0
    """How many users take turns at random, each keeping its cookies and sending `x-user: NUMBER`. 0: nobody."""
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    connections: int = 64
    """A request that finds all of them busy until its timeout is a timeout, and not counted as sent."""
    timeout: float = 10.0
    """Seconds from the moment a request is due until it is given up."""

    def __post_init__(self) -> None:
        for name, value, most in (
            ("rate", self.rate, MOST_PER_SECOND),
            ("seconds", self.seconds, LONGEST_SECONDS),
            ("connections", self.connections, MOST_CONNECTIONS),
        ):
            if not 0 < value <= most:
                raise ValueError(f"{name} is between 0 and {most}, but here it is {value}")
        if any("\r" in text or "\n" in text for text in (self.host, self.path, *self.headers, *self.headers.values())):
            raise ValueError("a line end in the host, the path or a header")
        _ = self.address

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect. Only a loopback address will do: this is no tool for other people's servers."""
        url = urlsplit(self.gateway)
        name = "127.0.0.1" if url.hostname == "localhost" else url.hostname or ""
        if url.scheme != "http" or not _is_loopback(name):
            raise ValueError(f"the gateway is http:// and a loopback address, but here it is {self.gateway!r}")
        return name, url.port or 80

    def due(self, number: int) -> float:
        """When request `number`, counted from 0, is due: seconds after the start."""
        return number / self.rate

    @property
    def requests(self) -> int:
        return max(1, round(self.rate * self.seconds))


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
