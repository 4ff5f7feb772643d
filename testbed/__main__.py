"""`python -m testbed`: a cluster from the command line."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed import binaries, control
from testbed.environment import environment
from testbed.errors import TestbedError
from testbed.network import entering
from testbed.state import State
from testbed.tools import BY_NAME, FOR_A_CLUSTER
from testbed.up import up

ON_ONE_PROCESS = {
    "stop": "end one process: SIGTERM, after a few seconds SIGKILL",
    "start": "start one process again, and wait until it is ready",
    "restart": "stop, then start",
    "kill": "SIGKILL one process",
    "freeze": "SIGSTOP one process: its connections stay open and nobody answers",
    "thaw": "let a frozen process go on",
}


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["load"]:
        return _load(words[1:])
    if words == ["demo"]:
        return _demo()
    if words[:1] == ["soak"]:
        return _soak(words[1:])
    arguments = _parser().parse_args(words)
    try:
        arguments.do(arguments)
    except TestbedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testbed", description="A real cluster made of local processes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    rising = _command(commands, "up", _up, "start a cluster and return when it is ready")
    rising.add_argument("--owner", type=int, metavar="PID", help="end the cluster when this process is gone")
    rising.add_argument("--own-network", action="store_true", help="use a network namespace even where none is needed")
    rising.add_argument("--without-istio-crds", action="store_true", help="leave Istio to a later `istio`")
    _command(commands, "down", _down, "end the cluster")
    _command(commands, "status", _status, "list the processes")
    _command(commands, "istio", _istio, "install Istio into a cluster that was started without")
    inside = _command(commands, "exec", _exec, "run a command that sees the cluster")
    inside.add_argument("command", nargs="+", metavar="CMD", help="the command, after `--`")
    for verb, explanation in ON_ONE_PROCESS.items():
        _command(commands, verb, _act(verb), explanation).add_argument("name", metavar="NAME")
    commands.add_parser("load", help="send requests through the gateway", add_help=False)
    commands.add_parser("demo", help="show three releases on a cluster of its own")
    commands.add_parser("soak", help="disturb releases at random and watch what must hold", add_help=False)
    tools = commands.add_parser("tools", help="find or build the tools and print where they are")
    tools.add_argument("names", nargs="*", default=FOR_A_CLUSTER, metavar="TOOL", help=f"of: {', '.join(BY_NAME)}")
    tools.set_defaults(do=_tools)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    do: Callable[[argparse.Namespace], None],
    explanation: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=explanation)
    command.add_argument("--state", type=Path, default=Path(".testbed"), metavar="DIR", help="the cluster's folder")
    command.set_defaults(do=do)
    return command


def _up(arguments: argparse.Namespace) -> None:
    istio = not arguments.without_istio_crds
    state = up(arguments.state, owner=arguments.owner, own_network=arguments.own_network, istio=istio)
    print(f"\nTo use it:  . {state.directory}/env\nTo end it:  python -m testbed down --state {arguments.state}")


def _down(arguments: argparse.Namespace) -> None:
    control.end(arguments.state)


def _status(arguments: argparse.Namespace) -> None:
    status = control.ask(arguments.state, "status")
    print(f"{'ready' if status['ready'] else 'starting'}, supervisor {status['pid']}")
    for process in status["processes"]:
        print(f"{process['name']:<26}{process['state']:<12}{process['pid']:<9}{process['log']}")


def _istio(arguments: argparse.Namespace) -> None:
    control.ask(arguments.state, "istio")


def _exec(arguments: argparse.Namespace) -> None:
    """Becomes the command."""
    state = State.load(arguments.state)
    entrance = entering(control.ask(arguments.state, "status")["pid"]) if state.own_network else ()
    command = (*entrance, *arguments.command)
    os.execvpe(command[0], command, {**os.environ, **environment(state)})  # noqa: S606 -- what `exec` is for


def _act(verb: str) -> Callable[[argparse.Namespace], None]:
    def act(arguments: argparse.Namespace) -> None:
        control.ask(arguments.state, verb, name=arguments.name)

    return act


def _tools(arguments: argparse.Namespace) -> None:
    for path in binaries.tools(arguments.names, print).values():
        print(path)


def _load(argv: Sequence[str]) -> int:
    from testbed.load import main as load  # noqa: PLC0415 -- its libraries would slow every other command down

    return load(argv)


def _demo() -> int:
    from testbed.demo import main as demo  # noqa: PLC0415 -- likewise

    return demo()


def _soak(argv: Sequence[str]) -> int:
    from testbed.soak import main as soak  # noqa: PLC0415 -- likewise

    return soak(argv)


if __name__ == "__main__":
    sys.exit(main())
