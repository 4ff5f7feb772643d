"""`canary-operator lint`: known pitfalls in manifests, before they hurt."""

from collections.abc import Sequence
from typing import TextIO

import click

from canary_operator.cli.manifests import manifests
from canary_operator.lint.every import pitfalls
from canary_operator.lint.files import Files

FOUND = 1
_COLOURS = {"error": "red", "warning": "yellow"}


@click.command("lint")
@click.argument("files", nargs=-1, required=True, type=click.File())
@click.option("--namespace", "-n", default="default", show_default=True, help="Of manifests that name none.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def lint_command(files: Sequence[TextIO], namespace: str, *, strict: bool) -> int:
    r"""Look for pitfalls in CanaryRollouts and in what they refer to.

    FILES hold any manifests as YAML or JSON; - is standard input. What is not in them is not spoken of, and nothing is
    asked of a cluster. Exits with 1 when there is an error.

    \b
        canary-operator lint *.yaml
        kubectl get vs,dr,svc,deploy,hpa,cro -o yaml | canary-operator lint -
    """
    given = Files(tuple(one for file in files for one in manifests(file)), namespace)
    found = pitfalls(given)
    for one in found:
        click.echo(f"{click.style(one.severity, fg=_COLOURS[one.severity])} {one.rule}: {one.subject}: {one.sentence}")
    if not found:
        click.echo(f"no pitfall in {len(given.manifests)} manifests")
    return FOUND if any(one.severity == "error" or strict for one in found) else 0
