"""Objects as they are to be, one file each; with `GOLDEN=write` they are written anew, to be read as a diff."""

import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from canary_operator.providers.objects import Object


def load(folder: Path, name: str) -> Any:
    return yaml.safe_load((folder / f"{name}.yaml").read_text())


def load_in(folder: Path, name: str, namespace: str) -> Any:
    """The file as it would be in this namespace: cookies carry its name too, plain, in a regex and as a mark."""
    text = (folder / f"{name}.yaml").read_text()
    text = text.replace(r"\.shop\.", rf"\.{re.escape(namespace)}\.").replace(_mark("shop"), _mark(namespace))
    return yaml.safe_load(text.replace("shop", namespace))


def golden(folder: Path, name: str, found: Object) -> Any:
    """What `found` is to be."""
    if os.environ.get("GOLDEN") == "write":
        text = yaml.safe_dump(json.loads(json.dumps(found)), sort_keys=False, width=120, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text)
    return load(folder, name)


def _mark(namespace: str) -> str:
    """By which the cookies of this rollout are told from those of others."""
    return sha256(f"{namespace}/checkout".encode()).hexdigest()[:6]
