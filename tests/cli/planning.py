"""`canary-operator plan`, as a person runs it."""

from pathlib import Path
from typing import Any

import pytest

from canary_operator import cli

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = EXAMPLES / "percentage" / "rollout.yaml"


def plan(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err
