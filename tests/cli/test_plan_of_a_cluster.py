"""What files lack, read from the cluster."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator.providers.resources import ROLLOUTS, SERVICES, VIRTUAL_SERVICES
from tests.cli.planning import EXAMPLE, plan
from tests.doubles.kubernetes import Call, InMemoryKubernetes


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, route: Path) -> InMemoryKubernetes:
    """With the example's rollout, its route and its Service, at the end of the user's kubeconfig."""
    kubernetes = Readable()
    for path, resource in ((EXAMPLE, ROLLOUTS), (route, VIRTUAL_SERVICES)):
        kubernetes.seed(
            resource, {key: value for key, value in load(path).items() if key not in {"kind", "apiVersion"}}
        )
    kubernetes.seed(SERVICES, {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": {"selector": {"a": "b"}}})

    async def connected(*_: object, **how: Any) -> Readable:
        assert not how["may_write"]()
        return kubernetes

    monkeypatch.setattr("canary_operator.cli.cluster.connect", connected)
    return kubernetes


class Readable(InMemoryKubernetes):
    async def close(self) -> None:
        self.calls.append(Call("close", "", ""))


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_what_files_lack_is_read_from_the_cluster(
    capsys: pytest.CaptureFixture[str], route: Path, cluster: InMemoryKubernetes
) -> None:
    """The same plan as from files, with or without the rollout in one; nothing is written."""
    from_files = plan(capsys, EXAMPLE, route)
    assert plan(capsys, EXAMPLE, "--cluster") == from_files
    assert plan(capsys, "--cluster", "-n", "shop") == from_files
    assert cluster.writes == [Call("close", "", ""), Call("close", "", "")]


def test_a_file_counts_before_the_cluster(
    capsys: pytest.CaptureFixture[str], route: Path, cluster: InMemoryKubernetes
) -> None:
    """So a change of the route can be tried on the rollouts that there are."""
    route.write_text(route.read_text().replace("primary", "main"))
    code, said = plan(capsys, route, "--cluster", "-n", "shop")
    assert code == 1
    assert "there are: main" in said
    assert cluster.writes


def test_pitfalls_around_it_are_told(capsys: pytest.CaptureFixture[str], cluster: InMemoryKubernetes) -> None:
    """As when a run begins."""
    other = {"metadata": {"name": "other", "namespace": "shop"}, "spec": {"hosts": ["checkout.example.com"]}}
    cluster.seed(VIRTUAL_SERVICES, other)
    code, said = plan(capsys, EXAMPLE, "--cluster")
    assert code == 0
    assert "warning host-claimed-twice: VirtualService shop/" in said


def test_what_the_cluster_lacks_is_named(capsys: pytest.CaptureFixture[str], cluster: InMemoryKubernetes) -> None:
    """With what there is."""
    del cluster.objects["virtualservices", "shop", "checkout"]
    code, said = plan(capsys, EXAMPLE, "--cluster")
    assert code == 2
    assert said.endswith(
        "CanaryRollout shop/checkout needs the VirtualService shop/checkout; in the cluster are: none\n"
    )
    code, said = plan(capsys, "--cluster", "-n", "eu")
    assert (code, said) == (2, "canary-operator: there is no CanaryRollout in the namespace eu of the cluster\n")


@pytest.mark.parametrize("text", [b"", b"{}", b"- 1", b"clusters: 5", b"contexts: [{}]", b"a: [", b"text", b"\x80"])
def test_no_kubeconfig_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: bytes) -> None:
    """Whatever the file holds instead."""
    file = tmp_path / "kubeconfig"
    file.write_bytes(text)
    code, said = plan(capsys, EXAMPLE, "--cluster", "--kubeconfig", file)
    assert code == 2
    assert said.startswith(f"canary-operator: no cluster by the kubeconfig {file}: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((), "give files with a CanaryRollout and its routes, or --cluster"), ((EXAMPLE, "--context", "x"), "--cluster")],
)
def test_a_plan_of_nothing_is_wrong_use(capsys: pytest.CaptureFixture[str], arguments: Any, says: str) -> None:
    code, said = plan(capsys, *arguments)
    assert code == 2
    assert says in said
