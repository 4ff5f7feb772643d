import pytest

from testbed.shop.http_route import canary_share


@pytest.mark.parametrize(
    ("backends", "share"),
    [
        ([("checkout", 1)], 0),
        ([("checkout", 75), ("checkout-canary", 25)], 25),
        ([("checkout", 0), ("checkout-canary", 100)], 100),
        ([("checkout", 0)], 0),
    ],
)
def test_the_share_is_what_envoy_makes_of_the_weights(backends: list[tuple[str, int]], share: float) -> None:
    """Of the rule that is split, and of no other."""
    refs = [{"name": name, "weight": weight} for name, weight in backends]
    rules = [{"name": "old"}, {"name": "primary", "backendRefs": refs}]
    assert canary_share({"spec": {"rules": rules}}) == share
