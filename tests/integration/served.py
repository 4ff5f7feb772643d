"""Which versions the users get, as they count the answers themselves."""

import time

from testbed.shop import Shop, Traffic


def wait_until_served(shop: Shop, traffic: Traffic, *versions: str) -> None:
    """Envoy follows a write a little later; then a whole second shows these versions and no other."""
    shop.wait(f"a second of {' and '.join(versions)}", lambda: _of_a_second(traffic) == set(versions))


def _of_a_second(traffic: Traffic) -> set[str]:
    before = traffic.answers()
    time.sleep(1)
    return set(+(traffic.answers() - before))
