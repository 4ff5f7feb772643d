"""`canary-operator backtest`: would this spec have caught it, and how often would it have cried wolf?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from canary_operator.api.quantities import format_duration, parse_duration
from canary_operator.api.reading import read_spec
from canary_operator.api.rollout import Spec
from canary_operator.backtest import told
from canary_operator.backtest.recording import Recording, load, record, samples, save
from canary_operator.backtest.replay import releases, replay
from canary_operator.backtest.shadows import shadows
from canary_operator.cli.manifests import key_of, manifests
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.metric_terms import baseline_limit, judged
from canary_operator.core.plan import pinned_plan
from canary_operator.operator.clock import wall_time
from canary_operator.providers.metrics.configuration import only_provider
from canary_operator.providers.metrics.prometheus import Prometheus
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms

WRONG = 1
_TIMES = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


class _Span(click.ParamType[timedelta]):
    """`15s`, `7h` or `30m`, as in a rollout."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


@click.command("backtest")
@click.argument("file", type=click.File())
@click.option("--namespace", "-n", default="default", show_default=True, help="Of a manifest that names none.")
@click.option("--prometheus-url", help="Where the past is remembered.")
@click.option("--end", type=_TIMES, help="The last moment, in UTC. Default: now.")
@click.option("--last", type=_Span(), default="24h", show_default=True, help="How far to go back from the end.")
@click.option("--step", type=_Span(), default="15s", show_default=True, help="Time between two looks: the scrapes'.")
@click.option("--save", "target", type=click.Path(path_type=Path), help="Keep what was read in this file.")
@click.option("--recording", type=click.Path(exists=True, path_type=Path), help="Read this file instead.")
@click.option("--seed", default=1, show_default=True, help="Of the chance by which stable is split.")
def backtest_command(  # noqa: PLR0913 -- one for each option
    *,
    file: TextIO,
    namespace: str,
    prometheus_url: str | None,
    end: datetime | None,
    last: timedelta,
    step: timedelta,
    target: Path | None,
    recording: Path | None,
    seed: int,
) -> int:
    r"""Judge recorded traffic by the CanaryRollout in FILE, with the operator's own judge.

    Each release in the recording is judged again; then stable is split into two pretended arms, over and over, and
    every rollback of those is a false alarm. Only the error rate is judged. Exits with 1 after a false alarm.

    \b
        canary-operator backtest rollout.yaml --prometheus-url http://localhost:9090 --last 168h
    """
    spec, arms = _rollout(file, namespace)
    if recording is not None:
        past = load(recording)
    elif prometheus_url is not None:
        until = end.replace(tzinfo=UTC) if end else datetime.fromtimestamp(wall_time(), UTC)
        past = record(Prometheus(only_provider(prometheus_url)[0]), arms, (until - last, until), step)
    else:
        raise click.UsageError("give --prometheus-url, or --recording with a file that --save wrote")
    if target is not None:
        save(past, target)
    return _judge(spec, arms, past, seed)


def _rollout(file: TextIO, namespace: str) -> tuple[Spec, Arms]:
    found = [one for one in manifests(file) if one["kind"] == "CanaryRollout"]
    if len(found) != 1:
        raise click.UsageError(f"there must be one CanaryRollout in {file.name}; there are {len(found)}")
    spec = read_spec(found[0].get("spec"))
    if not any(metric.is_errors for metric in spec.analysis.metrics):
        raise click.UsageError("the rollout does not judge istio-error-rate, and nothing else can be judged again")
    where = key_of(found[0], namespace).partition("/")[0]
    return spec, Arms(Service(where, spec.traffic.stable_service), Service(where, spec.canary_service))


def _judge(spec: Spec, arms: Arms, past: Recording, seed: int) -> int:
    looks, terms, stages = list(samples(past, arms)), _terms(spec, past.step), pinned_plan(spec).stages
    span = f"{past.start:%Y-%m-%d %H:%M} to {past.end:%Y-%m-%d %H:%M}"
    click.echo(f"{span}, {len(looks)} looks of {format_duration(past.step)}\n")
    if not looks:
        click.echo(f"Prometheus has no request to the Service {arms.stable} that its caller counted.")
        return WRONG
    again = [replay(looks, span, terms) for span in releases(looks)]
    alone = list(shadows(looks, stages, terms, seed))
    for line in (*told.of_releases(again), "", *told.of_shadows(alone, terms.planned + terms.warmup)):
        click.echo(line)
    return WRONG if any(one.harm_at for one in alone) else 0


def _terms(spec: Spec, step: timedelta) -> Terms:
    metrics, analysis = tuple(one for one in spec.analysis.metrics if one.is_errors), spec.analysis
    return Terms(
        metrics=judged(metrics, ()),
        look=step * analysis.scrapes_per_look,
        warmup=analysis.warmup,
        planned=sum((stage.duration for stage in spec.stages), timedelta()),
        baseline_limit=baseline_limit(metrics),
    )
