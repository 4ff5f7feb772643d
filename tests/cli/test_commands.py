from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator import cli, logs
from canary_operator.cli import run as module
from canary_operator.settings import Listen, Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Settings with which the operator would run."""
    seen: list[Settings] = []

    async def operate(settings: Settings) -> None:
        seen.append(settings)

    monkeypatch.setattr(module, "operate", operate)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    for name in ("POD_NAME", "POD_NAMESPACE", "CANARY_OPERATOR_NAMESPACES"):
        monkeypatch.delenv(name, raising=False)
    return seen


def code_of(*arguments: str) -> Any:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return ended.value.code


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Name and number."""
    assert code_of("--version") == 0
    assert capsys.readouterr().out.startswith("canary-operator 0.")


def test_the_definition_can_be_applied_from_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is the one manifest."""
    assert code_of("crd") == 0
    assert yaml.safe_load(capsys.readouterr().out)["kind"] == "CustomResourceDefinition"


def test_flags_reach_the_operator(started: list[Settings]) -> None:
    """Each as it was given."""
    flags = "--namespace a --namespace b --identity me --listen 127.0.0.1:0 --lease-namespace ops --log-level debug"
    assert code_of("run", *flags.split()) == 0
    (settings,) = started
    assert settings.namespaces == ("a", "b")
    assert (settings.identity, settings.lease_namespace, settings.lease_name) == ("me", "ops", "canary-operator")
    assert settings.listen == Listen("127.0.0.1", 0)


def test_every_flag_has_its_variable(started: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a Deployment sets them."""
    for name, value in {
        "PROMETHEUS_URL": "http://prometheus:9090",
        "NAMESPACES": "a b",
        "LISTEN": ":9000",
        "LOG_FORMAT": "json",
    }.items():
        monkeypatch.setenv(f"CANARY_OPERATOR_{name}", value)
    monkeypatch.setenv("POD_NAME", "operator-1")
    monkeypatch.setenv("POD_NAMESPACE", "ops")
    assert code_of("run") == 0
    (settings,) = started
    assert settings.prometheus_url == "http://prometheus:9090"
    assert settings.namespaces == ("a", "b")
    assert settings.listen.port == 9000
    assert (settings.identity, settings.lease_namespace) == ("operator-1", "ops")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--listen", "nowhere"], "nowhere"),
        (["--all-namespaces", "--namespace", "shop"], "--all-namespaces"),
        (["--log-level", "loud"], "loud"),
        (["--kubeconfig", "/does/not/exist"], "/does/not/exist"),
        (["--prometheus-url", "http://x", "--metrics-config", __file__], "--metrics-config"),
        (["--no-such-flag"], "--no-such-flag"),
    ],
)
def test_wrong_settings_are_one_line(
    flags: list[str], named: str, started: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    """It names what is wrong; the exit code is 2 and nothing runs."""
    assert code_of("run", *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert named in line
    assert started == []


def test_a_cluster_that_cannot_be_named_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kubeconfig without contexts leads nowhere."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    empty = tmp_path / "config"
    empty.write_text("{}")
    assert code_of("run", "--kubeconfig", str(empty)) == 2
    assert "no cluster by the kubeconfig" in capsys.readouterr().err


def test_a_wrong_prometheus_address_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is connected to."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    config = tmp_path / "config"
    config.write_text(
        yaml.safe_dump(
            {
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:1"}}],
                "users": [{"name": "x", "user": {"token": "t"}}],
            }
        )
    )
    assert code_of("run", "--kubeconfig", str(config), "--prometheus-url", "nowhere") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--prometheus-url" in line
