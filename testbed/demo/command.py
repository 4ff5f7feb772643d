"""`python -m testbed demo`."""

from collections.abc import Callable, Sequence

from rich.console import Console

from testbed.demo.bad import bad
from testbed.demo.blind import blind
from testbed.demo.good import good
from testbed.demo.screen import Screen
from testbed.demo.setting import YAML, Setting, setting
from testbed.errors import TestbedError
from testbed.visit import enter_network, interruptible

STORIES: Sequence[tuple[str, Callable[[Setting], None]]] = (
    ("A good release", good),
    ("A bad release: 5 % of its requests fail", bad),
    ("A good release, while Prometheus is gone for a moment", blind),
)
INTERRUPTED = 130


def main() -> int:
    """0 only if every story ended as it must."""
    enter_network("demo")
    interruptible()
    screen = Screen(Console(highlight=False, soft_wrap=True))
    try:
        _show(screen)
    except TestbedError as error:
        screen.say(str(error), style="red")
    except KeyboardInterrupt:
        screen.say("Interrupted; nothing is left behind.")
        return INTERRUPTED
    return screen.summary()


def _show(screen: Screen) -> None:
    screen.title("What the team writes")
    screen.yaml(YAML.read_text(encoding="utf-8"))
    screen.title("A cluster of local processes, with the operator and an application")
    with setting(screen) as stage:
        for title, story in STORIES:
            screen.title(title)
            story(stage)
