from pathlib import Path

import pytest
import yaml


@pytest.fixture
def route(tmp_path: Path) -> Path:
    """The user's route, with what only the API server writes."""
    split = [{"name": "primary", "route": [{"destination": {"host": "checkout", "port": {"number": 80}}}]}]
    metadata = {"name": "checkout", "namespace": "shop", "resourceVersion": "7", "labels": {"team": "payments"}}
    manifest = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
        "spec": {"hosts": ["checkout.example.com"], "http": split},
    }
    path = tmp_path / "route.yaml"
    path.write_text(yaml.safe_dump(manifest))
    return path
