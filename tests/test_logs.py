import io
import json
import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from canary_operator import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    for name in ("kopf", "asyncio", "aiohttp", "urllib3"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_fact_is_one_line_with_everything_that_is_bound() -> None:
    """Rollout, namespace and run need to be said once."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    with bound_contextvars(namespace="shop", rollout="checkout"):
        structlog.get_logger("canary_operator.operator.passes").info("weight_set", weight="5%")
    (line,) = lines(stream)
    expected = {"event": "weight_set", "weight": "5%", "namespace": "shop", "rollout": "checkout", "level": "info"}
    assert expected.items() <= line.items()
    assert line["logger"] == "operator.passes"
    assert line["timestamp"].endswith("Z")


def test_libraries_speak_through_the_same_pipe() -> None:
    """What kopf says is a line like ours, with the rollout that it concerns; its small talk is left out."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    with bound_contextvars(rollout="checkout"):
        logging.getLogger("kopf.reactor").warning("watch %s ended", "x")
        logging.getLogger("kopf.reactor").info("starting")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["rollout"]) == ("watch x ended", "warning", "checkout")


def test_a_traceback_stays_in_its_line() -> None:
    """Or collectors would make twenty facts of it."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    try:
        Fraction(1, 0)
    except ZeroDivisionError:
        structlog.get_logger("x").exception("pass_failed")
    (line,) = lines(stream)
    assert "ZeroDivisionError" in line["exception"]


def test_the_level_is_obeyed() -> None:
    """Debugging is asked for."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    structlog.get_logger("x").debug("detail")
    assert stream.getvalue() == ""
    logs.configure("json", "debug", stream)
    structlog.get_logger("x").debug("detail")
    assert len(lines(stream)) == 1


def test_a_terminal_gets_text() -> None:
    """Automatically only where there is one."""
    stream = io.StringIO()
    logs.configure("console", "info", stream)
    structlog.get_logger("x").info("started", port=8080)
    assert "started" in stream.getvalue()
    assert "{" not in stream.getvalue()
