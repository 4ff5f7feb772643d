"""The object as it would be without anything of ours but the weights, which every edit starts from."""

from collections.abc import Callable

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.cookies import without
from canary_operator.providers.traffic.istio.destinations import Address, Destination, address
from canary_operator.providers.traffic.istio.managed import without_rules
from canary_operator.providers.traffic.istio.record import Entry, read_entry
from canary_operator.providers.traffic.istio.rules import rules


def stripped(live: Object, rollout: str) -> Object:
    """Without our rules, which are known by their names, and without the cookies that the record knows of."""
    bare, entry = without_rules(live, rollout), read_entry(live, rollout)
    if not isinstance(entry, Entry) or entry.managed is None or entry.managed.cookies is None:
        return bare
    namespace, cookies = bare["metadata"]["namespace"], entry.managed.cookies
    held = {
        (kept.route, Address(one.host, one.subset)): one.held
        for kept in entry.kept
        for one in (kept.stable, kept.canary)
    }

    def plain(rule: Object, destination: Destination) -> Destination:
        found = held.get((rule.get("name"), address(destination, namespace)), 0)
        return without(destination, cookies, rollout, found)

    http = [_with_route(rule, plain) for rule in rules(bare, "http")]
    return {**bare, "spec": {**bare["spec"], "http": http}}


def _with_route(rule: Object, plain: Callable[[Object, Destination], Destination]) -> Object:
    """Any rule: its owner may have copied the one that is split."""
    return {**rule, "route": [plain(rule, each) for each in rule["route"]]} if rule.get("route") else rule
