"""Manifests in files, as `kubectl` takes them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import click
import yaml

Manifest = dict[str, Any]


def manifests(file: TextIO) -> Iterator[Manifest]:
    """Of all documents, those in lists too; what has no kind or no name is somebody else's."""
    where = Path(file.name).name
    try:
        documents = list(yaml.safe_load_all(file))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{where} is not YAML: {error}") from error
    for document in documents:
        items = document.get("items") if isinstance(document, dict) else None
        for each in items if isinstance(items, list) else [document]:
            metadata = each.get("metadata") if isinstance(each, dict) else None
            if isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and "kind" in each:
                yield each


def key_of(manifest: Mapping[str, Any], namespace: str) -> str:
    """`namespace/name`."""
    metadata = manifest["metadata"]
    return f"{metadata.get('namespace', namespace)}/{metadata['name']}"
