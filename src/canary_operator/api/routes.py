"""How many routes a rollout may split, and how it names those below HTTP.

They have no name: a rollout says by port, and for TLS by server name too, which one it means.
"""

from typing import Annotated

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.names import SniHost

MOST_OBJECTS = 8
"""VirtualServices, or HTTPRoutes."""
MOST_ROUTES = 16
"""In each of them."""

Port = Annotated[int, Field(ge=1, le=65535)]


class TcpRoute(Model):
    port: Port
    """Port that the route's match names. Where no match names it, the route that takes any port."""


class TlsRoute(Model):
    port: Port
    """Port that the route's match names. Where no match with the server name has it, one that takes any port."""
    sni_host: SniHost
    """Server name that the route's match lists, written as it is there."""
