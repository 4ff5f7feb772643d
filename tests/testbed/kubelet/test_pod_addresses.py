import asyncio
import json
from pathlib import Path

import pytest

from testbed.kubelet.addresses import Addresses
from testbed.kubelet.targets import Targets


def test_every_address_but_the_first_is_handed_out_once() -> None:
    """The first host stands for the API server; when all are taken that is an error."""
    addresses = Addresses("10.210.0.0/29")
    assert [addresses.take() for _ in range(5)] == [f"10.210.0.{last}" for last in range(2, 7)]
    with pytest.raises(IndexError):
        addresses.take()


def test_an_address_given_back_is_used_last() -> None:
    """Envoy may still send to it for a moment."""
    addresses = Addresses("10.210.0.0/29")
    addresses.give_back(addresses.take())
    assert [addresses.take() for _ in range(5)][-1] == "10.210.0.2"


@pytest.mark.parametrize(
    ("wanted", "got"), [("10.210.0.4", "10.210.0.4"), ("10.9.9.9", "10.210.0.2"), (None, "10.210.0.2")]
)
def test_a_pod_keeps_its_address_over_a_restart_of_the_kubelet(wanted: str | None, got: str) -> None:
    """The address it had is taken if it is of this cluster and free."""
    assert Addresses("10.210.0.0/29").take(wanted) == got


async def test_prometheus_learns_targets_in_one_write(tmp_path: Path) -> None:
    """Additions and removals within a moment end up in the file together."""
    targets = Targets(tmp_path / "pods.json")
    targets.write()
    targets.add("1", "10.210.0.2", {"pod": "a"})
    targets.add("2", "10.210.0.3", {"pod": "b"})
    targets.remove("1")
    assert json.loads((tmp_path / "pods.json").read_text(encoding="utf-8")) == []
    await asyncio.sleep(0.15)
    found = json.loads((tmp_path / "pods.json").read_text(encoding="utf-8"))
    assert found == [{"targets": ["10.210.0.3:15020"], "labels": {"pod": "b"}}]
