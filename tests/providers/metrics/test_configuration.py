from datetime import timedelta
from pathlib import Path

import pytest

from canary_operator.errors import CanaryError
from canary_operator.providers.metrics.configuration import load_providers, only_provider

FULL = """
providers:
  - name: default
    address: https://prometheus.monitoring:9090/prom/
    caFile: {folder}/ca.pem
    clientCertificate: {{certFile: {folder}/ca.pem, keyFile: {folder}/ca.pem}}
    tokenFile: {folder}/ca.pem
    headers: {{X-Scope-OrgID: shop}}
    timeout: 5s
    scrapeInterval: 15s
    matchLabels: {{cluster: eu-1}}
  - name: small
    address: http://[::1]:9090
"""


def a_file(folder: Path, text: str) -> Path:
    (folder / "ca.pem").write_text("")
    path = folder / "metrics.yaml"
    path.write_text(text.format(folder=folder))
    return path


def test_providers_are_read_from_a_file(tmp_path: Path) -> None:
    """All fields, and what is assumed where there are none."""
    full, small = load_providers(a_file(tmp_path, FULL))
    assert full.address == "https://prometheus.monitoring:9090/prom"
    assert full.timeout == timedelta(seconds=5)
    assert full.scrape_interval == timedelta(seconds=15)
    assert full.match_labels == {"cluster": "eu-1"}
    assert full.client_certificate is not None
    assert (small.timeout, small.scrape_interval, small.headers) == (timedelta(seconds=3), None, {})


def test_a_single_address_is_the_default_provider() -> None:
    """`--prometheus-url` is the whole configuration of a small installation."""
    (provider,) = only_provider("http://prometheus:9090")
    assert (provider.name, provider.address) == ("default", "http://prometheus:9090")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("timeout: 3", "metrics.yaml: providers.0.timeout: must be a duration"),
        ("timeout: 60s", "providers.0.timeout: 1m is not between 0.1s and 30s"),
        ("scrapeInterval: 0s", "providers.0.scrapeInterval: 0s is not between 1s and 2m"),
        ("adress: x", "providers.0.adress: Extra inputs are not permitted"),
        ("tokenFile: /nowhere", "providers.0.tokenFile: Path does not point to a file"),
        ("matchLabels: {{a-b: x}}", "providers.0.matchLabels.a-b"),
        ("tokenFile: {folder}/ca.pem, headers: {{authorization: x}}", "exclude each other"),
        ("address: prometheus:9090", "'prometheus:9090' is not an address; write for example http://"),
        ("address: http://me:secret@prometheus", "must not hold credentials"),
        ("address: 'http://prometheus?a=b'", "must end before its first ?"),
    ],
)
def test_a_bad_value_is_named_with_its_place(tmp_path: Path, line: str, words: str) -> None:
    """The operator refuses to start and says which value of which provider is wrong."""
    address = "" if line.startswith("address") else "address: http://p, "
    path = a_file(tmp_path, f"providers: [{{{{name: default, {address}{line}}}}}]")
    with pytest.raises(CanaryError) as error:
        load_providers(path)
    assert str(path) in str(error.value)
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert "; providers" not in str(error.value), "one complaint is enough"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "valid dictionary"),
        ("providers: []", "at least one provider"),
        ("providers: [", "can't be read"),
        (
            "providers: [{{name: a, address: 'http://p'}}, {{name: a, address: 'http://q'}}]",
            "two providers have the name a",
        ),
        ("providers: [{{name: A B, address: 'http://p'}}]", "providers.0.name"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Broken YAML, no providers, and two of one name."""
    with pytest.raises(CanaryError, match=words):
        load_providers(a_file(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(CanaryError, match=r"nowhere\.yaml can't be read"):
        load_providers(tmp_path / "nowhere.yaml")
    with pytest.raises(CanaryError, match="--prometheus-url: address"):
        only_provider("prometheus")
