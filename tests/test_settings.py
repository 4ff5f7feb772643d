from pathlib import Path

import pytest

from canary_operator.errors import CanaryError
from canary_operator.settings import Listen, default_identity, default_lease_namespace


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("0.0.0.0:8080", Listen("0.0.0.0", 8080)),  # noqa: S104 -- parsed only
        (":9090", Listen("0.0.0.0", 9090)),  # noqa: S104 -- parsed only
        ("[::1]:8080", Listen("::1", 8080)),
        ("localhost:0", Listen("localhost", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, listen: Listen) -> None:
    """Both families; without a host every address is meant."""
    assert Listen.parse(text) == listen


@pytest.mark.parametrize("text", ["", "8080", "localhost", "localhost:http", "localhost:70000", "localhost:-1"])
def test_anything_else_says_what_to_write(text: str) -> None:
    """The message has an example."""
    with pytest.raises(CanaryError, match=r"0\.0\.0\.0:8080"):
        Listen.parse(text)


def test_a_pod_is_called_by_its_name() -> None:
    """It outlives a restart of the container."""
    assert default_identity({"POD_NAME": "canary-operator-1"}, "host", "x") == "canary-operator-1"


def test_two_processes_on_one_host_differ() -> None:
    """Otherwise each would take the other's Lease for its own."""
    assert default_identity({}, "host", "a") != default_identity({}, "host", "b")


def test_the_lease_is_in_the_own_namespace(tmp_path: Path) -> None:
    """By variable, else by the account's file, else by the usual name."""
    file = tmp_path / "namespace"
    assert default_lease_namespace({"POD_NAMESPACE": "ops"}, file) == "ops"
    assert default_lease_namespace({}, file) == "canary-operator"
    file.write_text("tools\n")
    assert default_lease_namespace({}, file) == "tools"
