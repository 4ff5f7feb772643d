"""Objects as they are to be, one file each; with `GOLDEN=write` they are written anew, to be read as a diff."""

import json
import os
from pathlib import Path
from typing import Any

import yaml

from canary_operator.providers.objects import Object


def load(folder: Path, name: str) -> Any:
    return yaml.safe_load((folder / f"{name}.yaml").read_text())


def golden(folder: Path, name: str, found: Object) -> Any:
    """What `found` is to be."""
    if os.environ.get("GOLDEN") == "write":
        text = yaml.safe_dump(json.loads(json.dumps(found)), sort_keys=False, width=120, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text)
    return load(folder, name)
