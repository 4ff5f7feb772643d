"""`canary-operator plan`: what a run would write to each route, before anything is written."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import click
import yaml

from canary_operator.api.reading import read_spec
from canary_operator.core.world import Problem
from canary_operator.errors import InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.apply import virtual_service
from canary_operator.providers.traffic.istio.preview import preview

REFUSED = 1
Manifest = dict[str, Any]


@click.command("plan")
@click.argument("files", nargs=-1, required=True, type=click.File())
@click.option("--namespace", "-n", default="default", show_default=True, help="Of manifests that name none.")
def plan_command(files: Sequence[TextIO], namespace: str) -> int:
    r"""Show what a run would write to the routes, as a diff for each stage.

    FILES hold CanaryRollouts and the VirtualServices that they name, as YAML or JSON; - is standard input. Nothing is
    asked of a cluster. Exits with 1 when the operator would refuse a rollout, with the words that it would say.

    \b
        canary-operator plan rollout.yaml route.yaml
        kubectl get virtualservices,canaryrollouts -o yaml | canary-operator plan -
    """
    manifests = [manifest for file in files for manifest in _manifests(file)]
    routes = {_key(each, namespace): each for each in manifests if each["kind"] == "VirtualService"}
    rollouts = [each for each in manifests if each["kind"] == "CanaryRollout"]
    if not rollouts:
        raise click.UsageError(f"there is no CanaryRollout in {', '.join(file.name for file in files)}")
    fine = [_plan(each, namespace, routes) for each in rollouts]
    return 0 if all(fine) else REFUSED


def _plan(rollout: Manifest, namespace: str, routes: dict[str, Manifest]) -> bool:
    """Whether the operator would take it."""
    key = _key(rollout, namespace)
    try:
        target = Target(key.split("/")[0], key.split("/")[1], "", read_spec(rollout.get("spec")))
    except InvalidCanary as refusal:
        return _refused(key, refusal.reason, str(refusal))
    wanted = f"{target.namespace}/{virtual_service(target)}"
    if wanted not in routes:
        known = ", ".join(sorted(routes)) or "none"
        raise click.UsageError(f"CanaryRollout {key} needs the VirtualService {wanted}; in the files are: {known}")
    steps = preview(target, _bare(routes[wanted], target.namespace))
    if isinstance(steps, Problem):
        return _refused(key, steps.reason, steps.message)
    click.secho(f"CanaryRollout {key}, VirtualService {wanted}", bold=True)
    for last, step in pairwise(steps):
        click.secho(f"\n{step.title}", bold=True)
        _show(difflib.unified_diff(_lines(last.route), _lines(step.route), lineterm=""))
    back = "as it was" if steps[-1].route == steps[0].route else "NOT as it was"
    click.echo(f"\nAfterwards the VirtualService is {back}.\n")
    return True


def _refused(key: str, reason: str, message: str) -> bool:
    click.echo(f"CanaryRollout {key} would be refused: {reason}: {message}")
    return False


def _show(diff: Iterable[str]) -> None:
    """Colours only on a terminal; which file is which was said."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in list(diff)[2:]:
        click.secho(f"  {line}", fg=colours.get(line[:1]))


class _Plainly(yaml.SafeDumper):
    """What stands in two places is written twice, as people do."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _lines(manifest: Object) -> list[str]:
    return str(yaml.dump(manifest, Dumper=_Plainly, sort_keys=False, allow_unicode=True)).splitlines()


def _bare(manifest: Manifest, namespace: str) -> Manifest:
    """Without what only the API server writes."""
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {name: value for name, value in manifest["metadata"].items() if name in kept}
    named = {"apiVersion": manifest.get("apiVersion"), "kind": "VirtualService"}
    return {**named, "metadata": {"namespace": namespace, **metadata}, "spec": manifest.get("spec") or {}}


def _key(manifest: Manifest, namespace: str) -> str:
    metadata = manifest["metadata"]
    return f"{metadata.get('namespace', namespace)}/{metadata['name']}"


def _manifests(file: TextIO) -> Iterator[Manifest]:
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
