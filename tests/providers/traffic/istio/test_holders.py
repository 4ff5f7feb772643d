import json
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.istio.edit import current
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector
from tests.providers.traffic.istio.shapes import a_destination, a_rule, a_split, a_virtual_service

POSTGRES, SHOP = TcpRoute(port=5432), TlsRoute(port=443, sni_host="shop.example.com")
STABLE = a_destination("checkout")


def tcp(*ports: int) -> Any:
    return a_rule(STABLE, match=[{"port": port} for port in ports])


def tls(*hosts: str) -> Any:
    return a_rule(STABLE, match=[{"port": 443, "sniHosts": list(hosts)}])


@pytest.mark.parametrize(
    ("mine", "theirs", "taken"),
    [
        (POSTGRES, {"tcp": {"port": 5432}}, True),
        (POSTGRES, {"tcp": {"port": 9000}}, True),
        (POSTGRES, {"tcp": {"port": 9001}}, False),
        (POSTGRES, {"tcp": {"port": "much"}}, False),
        (POSTGRES, {}, False),
        (SHOP, {"tls": {"port": 443, "sniHost": "www.example.com"}}, True),
        (SHOP, {"tls": {"port": 443, "sniHost": "cart.example.com"}}, False),
        (SHOP, {"tcp": {"port": 443}}, False),
        (HttpRoute(None), {}, True),
        (HttpRoute(None), {"tcp": {"port": 5432}}, False),
    ],
)
def test_one_rule_takes_one_rollout(mine: Selector, theirs: Any, taken: bool) -> None:
    """Two ports or two server names may mean the same rule, and rollouts of different rules don't mind each other."""
    live = a_virtual_service(
        a_rule(STABLE),
        tcp=[tcp(5432, 9000), tcp(9001)],
        tls=[tls("shop.example.com", "www.example.com"), tls("cart.example.com")],
        annotations={ANNOTATION: json.dumps({"shop/cart": theirs})},
    )
    found = current(live, a_split(mine))
    assert isinstance(found, Problem) == taken
    assert not isinstance(found, Problem) or found.reason == reasons.ROUTE_TAKEN
