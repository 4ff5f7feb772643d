"""The object as it would be without anything of ours but the weights, which every edit starts from."""

from collections.abc import Callable

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.backends import Backend, is_service
from canary_operator.providers.traffic.gateway_api.cookies import without
from canary_operator.providers.traffic.gateway_api.managed import without_rules
from canary_operator.providers.traffic.gateway_api.record import Entry, read_entry
from canary_operator.providers.traffic.gateway_api.rules import rules, with_rules


def stripped(live: Object, rollout: str) -> Object:
    """Without our rules, which are known by their names, and without the cookies that the record knows of."""
    bare, entry = without_rules(live, rollout), read_entry(live, rollout)
    if not isinstance(entry, Entry) or entry.managed is None or entry.managed.cookies is None:
        return bare
    namespace, cookies = bare["metadata"]["namespace"], entry.managed.cookies

    def plain(rule: Object, backend: Backend) -> Backend:
        found = [
            one.held
            for kept in entry.kept
            for one in (kept.stable, kept.canary)
            if kept.rule == rule.get("name") and is_service(backend, one.service, namespace)
        ]
        return without(backend, cookies, rollout, found[0] if found else 0)

    return with_rules(bare, [_with_backends(rule, plain) for rule in rules(bare)])


def _with_backends(rule: Object, plain: Callable[[Object, Backend], Backend]) -> Object:
    """Any rule: its owner may have copied the one that is split."""
    if not rule.get("backendRefs"):
        return rule
    return {**rule, "backendRefs": [plain(rule, each) for each in rule["backendRefs"]]}
