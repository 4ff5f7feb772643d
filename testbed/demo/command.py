"""`python -m testbed demo`."""

import os
import signal
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from testbed import binaries
from testbed.demo.bad import bad
from testbed.demo.blind import blind
from testbed.demo.good import good
from testbed.demo.screen import Screen
from testbed.demo.setting import YAML, Setting, setting
from testbed.errors import TestbedError
from testbed.network import Network, choose, inside
from testbed.tools import FOR_A_CLUSTER

STORIES: Sequence[tuple[str, Callable[[Setting], None]]] = (
    ("A good release", good),
    ("A bad release: 5 % of its requests fail", bad),
    ("A good release, while Prometheus is gone for a moment", blind),
)
INTERRUPTED = 130


def main() -> int:
    """0 only if every story ended as it must."""
    _enter_network()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
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


def _enter_network() -> None:
    """Becomes itself in a network namespace where the pods' addresses are possible nowhere else.

    Inside there is no way to the internet, so the tools have to be there before.
    """
    if choose(own=False) is Network.NAMESPACE:
        binaries.tools(FOR_A_CLUSTER, print)
        binaries.istio_crds(print)
        command = inside((sys.executable, "-m", "testbed", "demo"), Network.NAMESPACE)
        os.execvp(command[0], command)  # noqa: S606 -- nothing of this process is needed any more
