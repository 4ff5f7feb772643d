"""What the gateway itself has counted."""

import re
from collections import Counter

import requests

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
