from collections.abc import Mapping
from typing import Any

from testbed.shop.gateway import shares_of

HOST = "checkout.shop.example"


def to(*weights: tuple[str, int], subsets: bool = False) -> dict[str, Any]:
    """A route to `checkout` and its canary."""
    services = {"checkout": "|stable|checkout", "checkout-canary": "|canary|checkout"} if subsets else {}
    clusters = [
        {"name": f"outbound|80{services.get(name, f'||{name}')}.shop.svc.cluster.local", "weight": weight}
        for name, weight in weights
    ]
    return {"route": {"weighted_clusters": {"clusters": clusters}}}


def shares(*routes: Mapping[str, Any], host: str = HOST) -> list[float]:
    config = {"virtual_hosts": [{"domains": [host, f"{host}:*"], "routes": [*routes]}]}
    return list(shares_of({"configs": [{"version_info": "1"}, {"route_config": config}]}, HOST))


def test_a_share_is_of_all_that_the_route_gives() -> None:
    """A third Service has its own part of the whole."""
    split = to(("checkout", 56), ("checkout-canary", 19), ("legacy", 25))
    assert shares(split, to(("checkout", 999), ("checkout-canary", 1))) == [19, 0.1]


def test_a_subset_is_a_canary_too() -> None:
    assert shares(to(("checkout", 67), ("checkout-canary", 33), subsets=True)) == [33]


def test_an_only_destination_has_everything() -> None:
    alone = [{"route": {"cluster": f"outbound|80||{name}.shop.svc.cluster.local"}} for name in ("a", "checkout-canary")]
    assert shares(*alone) == [0, 100]


def test_what_leads_to_no_pod_has_no_share() -> None:
    assert shares({"direct_response": {"status": 204}}, {"redirect": {"host_redirect": "elsewhere"}}) == []


def test_another_host_has_shares_of_its_own() -> None:
    assert shares(to(("checkout-canary", 1)), host="elsewhere.example") == []
