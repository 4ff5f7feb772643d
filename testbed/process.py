"""What the supervisor has to know about a program in order to run it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    """Unique within one cluster; also the name of its log file."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """Added to the supervisor's own environment."""
    ready: str | None
    """A URL that answers 200 once the process can be used, or None: ready as soon as it runs."""
