"""What the gateway itself has counted, and the weights that it has."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import requests

from testbed.shop.manifests import CANARY, SUBSETS
from testbed.state import State

_REQUESTS = re.compile(r"^cluster\.outbound\|\d+\|[^|]*\|([^.;]+)\.([^.;]+)\.svc\.cluster\.local;\.upstream_rq_total$")


def requests_by_service(state: State, namespace: str) -> Counter[str]:
    """Requests that Envoy has sent on, by Service of this namespace; all from one and the same moment.

    A Service that goes away takes its count along.
    """
    page = requests.get(
        f"{state.url('envoy_admin')}/stats",
        params={"format": "json", "filter": rf"\.{re.escape(namespace)}\.svc\.cluster\.local;\.upstream_rq_total$"},
        timeout=5,
    )
    page.raise_for_status()
    counts: Counter[str] = Counter()
    for statistic in page.json()["stats"]:
        if found := _REQUESTS.match(statistic.get("name", "")):
            counts[found[1]] += statistic["value"]
    return counts


def shares_in_envoy(state: State, host: str) -> set[float]:
    """The canary's share in percent of each route to pods that this host has, as Envoy obeys it by now."""
    page = requests.get(
        f"{state.url('envoy_admin')}/config_dump", params={"resource": "dynamic_route_configs"}, timeout=5
    )
    page.raise_for_status()
    return set(shares_of(page.json(), host))


def shares_of(dump: Any, host: str) -> Iterator[float]:
    """Those in this dump; redirects and Envoy's own answers have none."""
    for config in dump.get("configs", ()):
        for found in config.get("route_config", {}).get("virtual_hosts", ()):
            if host in found["domains"]:
                yield from (_share(rule["route"]) for rule in found["routes"] if "route" in rule)


def _share(destination: Any) -> float:
    """`outbound|80|SUBSET|SERVICE.NAMESPACE.svc.cluster.local` is the name of each cluster."""
    clusters = destination.get("weighted_clusters", {}).get("clusters") or [
        {"name": destination["cluster"], "weight": 1}
    ]
    weights: Counter[bool] = Counter()
    for each in clusters:
        *_, subset, service = each["name"].split("|")
        weights[subset == SUBSETS[1] or service.partition(".")[0] == CANARY] += each.get("weight", 0)
    return round(100 * weights[True] / weights.total(), 6)
