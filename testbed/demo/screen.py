"""What a person sees: a live view on a terminal, and one line per change anywhere else."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

COLUMNS = {"NAME": 8, "READY": 5, "STAGE": 5, "WEIGHT": 6, "OBSERVED": 8, "REQUESTS": 8, "REASON": 18, "AGE": 5}
STORIES = 3
_BAR = 40
_COLOURS = ("green", "cyan", "magenta", "yellow")


class Screen:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=5, transient=True) if console.is_terminal else None
        self._stories: dict[str, bool] = {}
        self._title = ""

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def title(self, text: str) -> None:
        self._title = text
        self._console.print(f"\n[bold]{escape(text)}[/bold]\n")

    def yaml(self, text: str) -> None:
        self._console.print(Syntax(text, "yaml", background_color="default") if self._live else Text(text))

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text(f"{self._clock()}  {text}", style=style))

    def command(self, text: str) -> None:
        self.say(f"$ {text}", style="bold")

    def row(self, cells: Mapping[str, str]) -> None:
        """One line of `kubectl get`, each cell in its column."""
        self.say("  ".join(cells.get(name, "").ljust(width) for name, width in COLUMNS.items()).rstrip())

    def headings(self) -> None:
        self.row({name: name for name in COLUMNS})

    def event(self, kind: str, reason: str, note: str) -> None:
        self.say(f"    {reason}: {note}", style="yellow" if kind == "Warning" else "dim")

    def fact(self, text: str, *, holds: bool) -> None:
        """A story has ended as it must when all its facts hold."""
        self._stories[self._title] = self._stories.get(self._title, True) and holds
        self.say(f"{'✓' if holds else '✗'} {text}", style="green" if holds else "bold red")

    def now(self, shares: Mapping[str, float], per_second: float) -> None:
        """Who answers at this moment, for the live view only."""
        if self._live:
            lines = [_bar(name, share, _COLOURS[at % len(_COLOURS)]) for at, (name, share) in enumerate(shares.items())]
            head = Text(f"\n        responses of the last two seconds, {per_second:.0f} per second", style="dim")
            self._live.update(Group(head, *lines))

    def summary(self) -> int:
        """The exit code."""
        self.title("In short")
        for story, well in self._stories.items():
            self.say(f"{'✓' if well else '✗'} {story}", style="green" if well else "bold red")
        return 0 if self.all_well() else 1

    def all_well(self) -> bool:
        """Whether every story was told, and ended as it must."""
        return len(self._stories) == STORIES and all(self._stories.values())

    def _clock(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"


def _bar(name: str, share: float, colour: str) -> Text:
    return Text.assemble(f"        {name:<8}", ("█" * round(_BAR * share), colour), f" {share:.1%}")
