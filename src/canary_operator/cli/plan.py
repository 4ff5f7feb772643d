"""`canary-operator plan`: what a run would write to each route, before anything is written."""

import difflib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TextIO

import click
import yaml

from canary_operator.api import reasons
from canary_operator.api.reading import read_spec
from canary_operator.cli.manifests import Manifest, key_of, manifests
from canary_operator.core.world import Problem
from canary_operator.errors import InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.subsets import called, with_subset
from canary_operator.providers.traffic.kinds import KINDS, RouteKind, kind_for
from canary_operator.providers.traffic.preview import preview
from canary_operator.providers.workloads.subset_preview import label_by_manifests

REFUSED = 1


@click.command("plan")
@click.argument("files", nargs=-1, required=True, type=click.File())
@click.option("--namespace", "-n", default="default", show_default=True, help="Of manifests that name none.")
def plan_command(files: Sequence[TextIO], namespace: str) -> int:
    r"""Show what a run would write to the routes, as a diff for each stage.

    FILES hold CanaryRollouts and the VirtualServices or HTTPRoutes that they name, as YAML or JSON; - is standard
    input. With subsets, a DestinationRule, Service and Deployment beside them say what is added to the first. Nothing
    is asked of a cluster. Exits with 1 when the operator would refuse a rollout, with the words that it would say.

    \b
        canary-operator plan rollout.yaml route.yaml
        kubectl get virtualservices,canaryrollouts -o yaml | canary-operator plan -
    """
    given = [manifest for file in files for manifest in manifests(file)]
    every = {(each["kind"], key_of(each, namespace)): each for each in given}
    rollouts = [each for each in given if each["kind"] == "CanaryRollout"]
    if not rollouts:
        raise click.UsageError(f"there is no CanaryRollout in {', '.join(file.name for file in files)}")
    fine = [_plan(each, namespace, every) for each in rollouts]
    return 0 if all(fine) else REFUSED


def _plan(rollout: Manifest, namespace: str, given: dict[tuple[str, str], Manifest]) -> bool:
    """Whether the operator would take it."""
    key = key_of(rollout, namespace)
    try:
        target = Target(key.split("/")[0], key.split("/")[1], "", read_spec(rollout.get("spec")))
    except InvalidCanary as refusal:
        return _refused(key, refusal.reason, str(refusal))
    kind = kind_for(target)
    wanted = [(kind.resource.kind, f"{target.namespace}/{name}") for name in kind.names(target)]
    if missing := [each for each in wanted if each not in given]:
        routes = {each.resource.kind for each in KINDS}
        known = ", ".join(sorted(" ".join(each) for each in given if each[0] in routes)) or "none"
        needed = f"{kind.resource.kind} {', '.join(name for _, name in missing)}"
        raise click.UsageError(f"CanaryRollout {key} needs the {needed}; in the files are: {known}")
    fine = [_plan_route(target, kind, key, given[each]) for each in wanted]
    return all(fine) and _plan_subsets(target, key, given)


def _plan_subsets(target: Target, key: str, given: dict[tuple[str, str], Manifest]) -> bool:
    """What is added to the DestinationRule for a run, as far as the files say; nothing without one."""
    subsets, namespace = target.spec.traffic.subsets, target.namespace
    if subsets is None:
        return True
    rule = given.get(("DestinationRule", f"{namespace}/{subsets.destination_rule}"))
    if rule is None:
        return True
    label = label_by_manifests(target, subsets, rule, lambda kind, name: given.get((kind, f"{namespace}/{name}")))
    if isinstance(label, Problem):
        return _refused(key, label.reason, label.message)
    if label is None:
        return True
    before = _bare(rule, target.namespace)
    after = with_subset(before, subsets, {label.key: label.canary}, target.key)
    click.secho(f"{called(target, subsets)}, {'for each run' if after != before else 'as it is'}", bold=True)
    _show(difflib.unified_diff(_lines(before), _lines(after), lineterm=""))
    return True


def _plan_route(target: Target, kind: RouteKind, key: str, route: Manifest) -> bool:
    shown = f"{kind.resource.kind} {key_of(route, target.namespace)}"
    if complaint := kind.misshapen(route):
        return _refused(key, reasons.ROUTE_UNSUPPORTED, f"{shown}: {complaint}")
    steps = preview(target, _bare(route, target.namespace))
    if isinstance(steps, Problem):
        return _refused(key, steps.reason, steps.message)
    click.secho(f"CanaryRollout {key}, {shown}", bold=True)
    for last, step in pairwise(steps):
        click.secho(f"\n{step.title}", bold=True)
        _show(difflib.unified_diff(_lines(last.route), _lines(step.route), lineterm=""))
    back = "as it was" if steps[-1].route == steps[0].route else "NOT as it was"
    click.echo(f"\nAfterwards the {kind.resource.kind} is {back}.\n")
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
    named = {"apiVersion": manifest.get("apiVersion"), "kind": manifest["kind"]}
    return {**named, "metadata": {"namespace": namespace, **metadata}, "spec": manifest.get("spec") or {}}
