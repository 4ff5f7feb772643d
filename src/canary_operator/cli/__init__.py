"""The command line."""

import sys
from collections.abc import Sequence

import click

from canary_operator.cli.backtest import backtest_command
from canary_operator.cli.crd import crd_command
from canary_operator.cli.lint import lint_command
from canary_operator.cli.plan import plan_command
from canary_operator.cli.run import run_command
from canary_operator.errors import CanaryError

WRONG_USE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CANARY_OPERATOR"})
@click.version_option(package_name="canary-operator", message="%(prog)s %(version)s")
def program() -> None:
    """Ships a new version a little at a time, and takes it back by itself when users would suffer."""


program.add_command(run_command)
program.add_command(plan_command)
program.add_command(lint_command)
program.add_command(backtest_command)
program.add_command(crd_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Never returns. What the caller did wrong is one line and exit code 2."""
    try:
        code = program.main(arguments, prog_name="canary-operator", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except (click.ClickException, CanaryError) as error:
        said = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"canary-operator: {' '.join(said.split())}", err=True)
        sys.exit(WRONG_USE)
    sys.exit(code if isinstance(code, int) else 0)
