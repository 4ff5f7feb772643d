"""Imports point one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "canary_operator"
LAYERS = (
    {"errors"},
    {"api"},
    {"core"},
    {"ports"},
    {"providers", "reconcile"},
    {"wiring"},
    {"lint"},
    {"operator", "backtest"},
    {"cli"},
)
ANYWHERE_ABOVE_CORE = {"logs", "settings"}
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(SOURCE.rglob("*.py"))
ONLY_IN = {
    "kopf": "operator/",
    "kubernetes": "providers/kubernetes.py",
    "prometheus_api_client": "providers/metrics/prometheus.py",
}


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield node.module


def layer(dotted: str) -> str:
    return dotted.split(".")[1] if "." in dotted else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_only_from_below(path: Path) -> None:
    """No layer knows the ones above it, and providers and the loop don't know each other."""
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if own in ANYWHERE_ABOVE_CORE or own == "__init__":
        return
    for name in imported(path):
        other = layer(name) if name.startswith("canary_operator.") else own
        if other == own:
            continue
        if other in ANYWHERE_ABOVE_CORE:
            assert HEIGHT[own] > HEIGHT["core"], f"{name} is not for {own}"
            continue
        assert HEIGHT[other] < HEIGHT[own], f"{own} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_client_library_has_one_home(path: Path) -> None:
    """Kopf stays in operator/, each client in one module."""
    where = str(path.relative_to(SOURCE))
    for name in imported(path):
        home = ONLY_IN.get(name.split(".")[0])
        assert home is None or where.startswith(home), f"{where} must not import {name}"


def test_the_core_knows_no_clock_no_io_and_no_framework() -> None:
    """core/ imports its own package, the API and a closed list of the standard library."""
    allowed = {"canary_operator", "ast", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
               "fractions", "functools", "html", "itertools", "math", "operator", "statistics", "typing"}  # fmt: skip
    for path in (SOURCE / "core").rglob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] in allowed, f"{path}: {name}"


def test_one_module_asks_the_machine_for_the_time() -> None:
    """A wall clock may be set in the middle of a stage; what that means is decided in one place."""
    asking = {"datetime.now", "datetime.utcnow", "datetime.today", "time.time", "time.time_ns", "time.clock_gettime"}
    found = {str(path.relative_to(SOURCE)) for path in FILES for name in called(path) if name in asking}
    assert found == {"operator/clock.py"}


def called(path: Path) -> Iterator[str]:
    """Such as `time.time`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
