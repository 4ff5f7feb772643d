import pytest

from testbed.shop import canary_share


@pytest.mark.parametrize(
    ("route", "share"),
    [
        ([("checkout", None)], 0),
        ([("checkout", 75), ("checkout-canary", 25)], 25),
        ([("checkout", 995), ("checkout-canary", 5)], 0.5),
        ([("checkout", 0), ("checkout-canary", 100)], 100),
    ],
)
def test_the_share_is_what_envoy_makes_of_the_weights(route: list[tuple[str, int | None]], share: float) -> None:
    """Weights need not sum to 100; a lone destination has none."""
    destinations = [
        {"destination": {"host": host}} | ({} if weight is None else {"weight": weight}) for host, weight in route
    ]
    rules = [{"name": "status"}, {"name": "primary", "route": destinations}]
    assert canary_share({"spec": {"http": rules}}) == share
