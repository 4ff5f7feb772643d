"""`canary-operator plan`: what a run would write to each route, before anything is written."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TextIO

import click
import yaml

from canary_operator.api import reasons
from canary_operator.api.reading import read_spec
from canary_operator.cli.cluster import with_cluster
from canary_operator.cli.manifests import key_of, manifests
from canary_operator.core.world import Problem
from canary_operator.errors import InvalidCanary
from canary_operator.lint.every import pitfalls_on_the_way
from canary_operator.lint.files import Files, Manifest
from canary_operator.lint.releases import targets
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.subsets import called, with_subset
from canary_operator.providers.traffic.kind import RouteKind
from canary_operator.providers.traffic.kinds import KINDS, kind_for
from canary_operator.providers.traffic.preview import preview
from canary_operator.providers.workloads.subset_preview import label_by_manifests

REFUSED = 1
_PLANNED = frozenset({"rollout-invalid", "route-unusable"})
"""Pitfalls that the plan itself has told."""


@click.command("plan")
@click.argument("files", nargs=-1, type=click.File())
@click.option("--namespace", "-n", default="default", show_default=True, help="Of manifests that name none.")
@click.option("--cluster", is_flag=True, help="Read from the cluster what FILES don't hold.")
@click.option(
    "--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="With --cluster. Default: the usual one."
)
@click.option("--context", help="Context of the kubeconfig, with --cluster. Default: the present one.")
def plan_command(
    files: Sequence[TextIO], namespace: str, *, cluster: bool, kubeconfig: str | None, context: str | None
) -> int:
    r"""Show what a run would write to the routes, as a diff for each stage.

    FILES hold CanaryRollouts and the VirtualServices or HTTPRoutes that they name, as YAML or JSON; - is standard
    input. With --cluster the routes that they don't hold are read from the cluster, and without any file so is every
    CanaryRollout of the namespace; pitfalls around them are told too. With subsets, a DestinationRule, Service and
    Deployment beside them say what is added to the first. Nothing is ever written. Exits with 1 when the operator would
    refuse a rollout, with the words that it would say.

    \b
        canary-operator plan rollout.yaml route.yaml
        canary-operator plan rollout.yaml --cluster
        canary-operator plan --cluster --namespace shop
    """
    given = [manifest for file in files for manifest in manifests(file)]
    if not files and not cluster:
        raise click.UsageError("give files with a CanaryRollout and its routes, or --cluster")
    if cluster:
        given = with_cluster(given, namespace, kubeconfig=kubeconfig, context=context)
    elif kubeconfig or context:
        raise click.UsageError("--kubeconfig and --context are for --cluster; give that too")
    known = Known(Files(tuple(given), namespace), "in the cluster" if cluster else "in the files")
    places = [*(file.name for file in files), *([f"the namespace {namespace} of the cluster"] if cluster else [])]
    if not (rollouts := list(known.files.of("CanaryRollout"))):
        raise click.UsageError(f"there is no CanaryRollout in {' or '.join(places)}")
    fine = [_plan(each, known) for each in rollouts]
    if cluster:
        _tell_pitfalls(known.files)
    return 0 if all(fine) else REFUSED


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of, and where it was read."""

    files: Files
    place: str

    @property
    def routes(self) -> dict[tuple[str, str], Manifest]:
        kinds = [kind.resource.kind for kind in KINDS]
        every = [each for kind in kinds for each in self.files.of(kind)]
        return {(each["kind"], key_of(each, self.files.namespace)): each for each in every}


def _plan(rollout: Manifest, known: Known) -> bool:
    """Whether the operator would take it."""
    key = key_of(rollout, known.files.namespace)
    try:
        target = Target(key.split("/")[0], key.split("/")[1], "", read_spec(rollout.get("spec")))
    except InvalidCanary as refusal:
        return _refused(key, refusal.reason, str(refusal))
    kind, routes = kind_for(target), known.routes
    wanted = {
        (kind.resource.kind, f"{target.namespace}/{name}"): kind.made(target, name) for name in kind.names(target)
    }
    if missing := [each for each, made in wanted.items() if each not in routes and made is None]:
        there = ", ".join(sorted(" ".join(each) for each in routes)) or "none"
        needed = f"{kind.resource.kind} {', '.join(name for _, name in missing)}"
        raise click.UsageError(f"CanaryRollout {key} needs the {needed}; {known.place} are: {there}")
    fine = []
    for each, made in wanted.items():
        if made is not None and each not in routes:
            _show_made(key, made)
        fine.append(_plan_route(target, kind, key, routes.get(each, made or {})))
    return all(fine) and _plan_subsets(target, key, known)


def _plan_subsets(target: Target, key: str, known: Known) -> bool:
    """What is added to the DestinationRule for a run, as far as the files say; nothing without one."""
    subsets, given = target.spec.traffic.subsets, known.files.in_namespace(target.namespace)
    if subsets is None:
        return True
    rule = given("DestinationRule", subsets.destination_rule)
    if rule is None:
        return True
    label = label_by_manifests(target, subsets, rule, given)
    if isinstance(label, Problem):
        return _refused(key, label.reason, label.message)
    if label is None:
        return True
    before = _bare(rule, target.namespace)
    after = with_subset(before, subsets, {label.key: label.canary}, target.key)
    click.secho(f"{called(target, subsets)}, {'for each run' if after != before else 'as it is'}", bold=True)
    _show(difflib.unified_diff(_lines(before), _lines(after), lineterm=""))
    return True


def _show_made(key: str, made: Object) -> None:
    metadata = made["metadata"]
    click.secho(
        f"CanaryRollout {key}: {made['kind']} {metadata['namespace']}/{metadata['name']} is made first", bold=True
    )
    for line in _lines(made):
        click.secho(f"  +{line}", fg="green")
    click.echo()


def _tell_pitfalls(files: Files) -> None:
    named = {
        f"{kind.resource.kind} {target.namespace}/{name}"
        for _, target in targets(files)
        for kind in (kind_for(target),)
        for name in kind.names(target)
    }
    for one in pitfalls_on_the_way(files, named):
        if one.rule not in _PLANNED:
            click.echo(f"{one.severity} {one.rule}: {one.subject}: {one.sentence}")


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


def _bare(manifest: Manifest, namespace: str) -> Object:
    """Without what only the API server writes."""
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {name: value for name, value in manifest["metadata"].items() if name in kept}
    named = {"apiVersion": manifest.get("apiVersion"), "kind": manifest["kind"]}
    return {**named, "metadata": {"namespace": namespace, **metadata}, "spec": manifest.get("spec") or {}}
