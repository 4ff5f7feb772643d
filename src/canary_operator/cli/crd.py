import click

from canary_operator.api.crd import crd_yaml


@click.command("crd")
def crd_command() -> None:
    """Print the CustomResourceDefinition, for `kubectl apply --server-side -f -`."""
    click.echo(crd_yaml(), nl=False)
