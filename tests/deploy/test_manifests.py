"""What `kubectl apply -k deploy` installs, read as a security review would."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Option

from canary_operator.cli.run import run_command
from canary_operator.providers import resources
from canary_operator.providers.resources import LEASES, Resource

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
READING = {"get", "list", "watch"}


def documents(name: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all((DEPLOY / name).read_text()) if document]


def one(name: str, kind: str, called: str) -> dict[str, Any]:
    return next(it for it in documents(name) if (it["kind"], it["metadata"]["name"]) == (kind, called))


def granted() -> Iterator[tuple[str, str, str]]:
    """Group, resource and verb of everything that the operator may do."""
    for kind, name in (("ClusterRole", "canary-operator"), ("Role", "canary-operator-leadership")):
        for rule in one("rbac.yaml", kind, name)["rules"]:
            yield from ((g, r, v) for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"])


@pytest.fixture
def pod() -> dict[str, Any]:
    spec: dict[str, Any] = one("deployment.yaml", "Deployment", "canary-operator")["spec"]["template"]["spec"]
    return spec


def test_every_manifest_is_part_of_the_whole() -> None:
    """A file that the kustomization forgets is installed by nobody."""
    listed = set(yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"])
    assert {file.name for file in DEPLOY.glob("*.yaml")} - {"kustomization.yaml"} <= listed


def test_the_operator_may_touch_only_kinds_that_it_knows() -> None:
    """The list of kinds in the code and the list of rules are one list."""
    known = {(kind.group, kind.plural) for kind in vars(resources).values() if isinstance(kind, Resource)}
    assert {(group, name.partition("/")[0]) for group, name, _ in granted()} == known


def test_nothing_is_granted_wholesale() -> None:
    """No wildcard, no Secret, no update, no escalation."""
    assert not any("*" in right for right in granted())
    assert not any(name in {"secrets", "roles", "serviceaccounts"} for _, name, _ in granted())
    assert {verb for _, _, verb in granted()} <= READING | {"create", "patch", "delete"}


def test_reports_can_be_written_and_not_watched() -> None:
    """Everybody's ConfigMaps never come by themselves: one is read by its name, and lists are by our labels."""
    assert {verb for _, name, verb in granted() if name == "configmaps"} == {"get", "list", "create", "patch", "delete"}


def test_leadership_is_limited_to_one_lease() -> None:
    """Other Leases of the namespace stay out of reach; creation can't be limited to a name."""
    rules = one("rbac.yaml", "Role", "canary-operator-leadership")["rules"]
    named = next(rule for rule in rules if "create" not in rule["verbs"])
    lease_name = next(option for option in run_command.params if option.name == "lease_name")
    assert named["resourceNames"] == [lease_name.default]
    assert named["resources"] == [LEASES.plural]


def test_people_may_not_write_the_status() -> None:
    """Not even admins of a namespace: the status is the operator's memory."""
    for role in documents("user-roles.yaml"):
        for rule in role["rules"]:
            assert "canaryrollouts/status" not in rule["resources"] or set(rule["verbs"]) <= READING


def test_the_pod_is_restricted(pod: dict[str, Any]) -> None:
    """As Pod Security's restricted profile asks, and with a root that can't be written to."""
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container["securityContext"]
    assert own["readOnlyRootFilesystem"]
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["requests"]


def test_variables_of_the_pod_are_ones_that_the_program_knows(pod: dict[str, Any]) -> None:
    """A misspelt one would be ignored silently."""
    known = {option.envvar for option in run_command.params if isinstance(option, Option)}
    (container,) = pod["containers"]
    ours = {variable["name"] for variable in container["env"]} - {"POD_NAME", "POD_NAMESPACE"}
    assert ours <= known


def test_probes_ask_what_is_served(pod: dict[str, Any]) -> None:
    """Alive and ready are two questions."""
    (container,) = pod["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["ports"][0]["containerPort"] == 8080


def test_there_is_time_for_a_clean_stop(pod: dict[str, Any]) -> None:
    """Kubernetes waits longer than the process needs."""
    assert pod["terminationGracePeriodSeconds"] >= 10


def test_images_are_named_without_a_registry(pod: dict[str, Any]) -> None:
    """Whoever installs it says where from."""
    assert re.fullmatch(r"canary-operator:\d+\.\d+\.\d+", pod["containers"][0]["image"])
