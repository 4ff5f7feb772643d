"""Three releases on a real local cluster, shown as they happen and verified by what was counted."""

from testbed.demo.command import main

__all__ = ["main"]
