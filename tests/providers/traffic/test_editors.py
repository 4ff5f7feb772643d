from typing import Any

from canary_operator.providers.objects import FIELD_MANAGER
from canary_operator.providers.traffic.editors import last_editor

OWNS_HTTP: dict[str, Any] = {"f:spec": {"f:http": {}}}


def live(*owners: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """Each with its name, the hour of its last write and its fields."""
    entries = [{"manager": who, "time": f"2026-01-01T{hour}:00:00Z", "fieldsV1": what} for who, hour, what in owners]
    return {"metadata": {"managedFields": entries}}


def test_whoever_owns_the_rules_changed_them_last() -> None:
    hosts: tuple[str, str, dict[str, Any]] = ("helm", "09", {"f:spec": {"f:hosts": {}}})
    assert last_editor(live(hosts, ("kubectl-edit", "08", OWNS_HTTP)), "http") == "kubectl-edit"
    assert last_editor(live(hosts, ("kubectl-edit", "08", OWNS_HTTP)), "tcp") == ""


def test_of_several_owners_the_newest_is_meant() -> None:
    """Two may own a list that both applied alike."""
    both = (("helm", "08", OWNS_HTTP), ("argocd-controller", "09", OWNS_HTTP))
    assert last_editor(live(*both), "http") == last_editor(live(*reversed(both)), "http") == "argocd-controller"


def test_we_are_nobody_else() -> None:
    assert last_editor(live((FIELD_MANAGER, "09", OWNS_HTTP)), "http") == ""


def test_without_notes_nobody_knows() -> None:
    assert last_editor({"metadata": {}}, "http") == ""
    assert last_editor({"metadata": {"managedFields": [{}, {"manager": "x"}]}}, "http") == ""
