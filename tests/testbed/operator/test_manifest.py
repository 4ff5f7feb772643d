from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.operator.manifest import Manifest, manifest


def a_deployment(**container: Any) -> dict[str, Any]:
    whole = {"name": "operator", "command": ["canary-operator"], "args": ["run"], **container}
    pod = {"containers": [whole]}
    return {"metadata": {"namespace": "canary-operator"}, "spec": {"template": {"spec": pod}}}


def test_what_we_deploy_can_be_followed() -> None:
    """The real Deployment names a command, both probes, and the pod's own name and namespace."""
    deployed = manifest()
    assert deployed.command == ("canary-operator", "run")
    assert deployed.readiness.path == "/readyz"
    assert deployed.startup.patience >= 10
    environment = deployed.environment("operator-1", "here")
    assert (environment["POD_NAME"], environment["POD_NAMESPACE"]) == ("operator-1", "here")


def test_command_and_arguments_are_one_command_line() -> None:
    """As a kubelet would start it."""
    assert Manifest(a_deployment()).command == ("canary-operator", "run")


def test_a_probe_has_the_defaults_of_kubernetes() -> None:
    """Ten seconds apart, one second each, three failures."""
    probe = Manifest(a_deployment(readinessProbe={"httpGet": {"path": "/readyz"}})).readiness
    assert (probe.period, probe.timeout, probe.failures, probe.patience) == (10, 1, 3, 30)


@pytest.mark.parametrize(
    "source", [{"secretKeyRef": {"name": "s", "key": "k"}}, {"fieldRef": {"fieldPath": "status.podIP"}}]
)
def test_a_value_that_only_a_kubelet_has_is_refused(source: dict[str, Any]) -> None:
    """An operator that runs without a part of its environment would prove nothing."""
    deployed = Manifest(a_deployment(env=[{"name": "TOKEN", "valueFrom": source}]))
    with pytest.raises(TestbedError, match="TOKEN"):
        deployed.environment("operator-1", "here")


def test_a_second_container_is_refused() -> None:
    """Likewise."""
    deployment = a_deployment()
    deployment["spec"]["template"]["spec"]["containers"].append({"name": "proxy"})
    with pytest.raises(TestbedError, match="one container"):
        _ = Manifest(deployment).command
