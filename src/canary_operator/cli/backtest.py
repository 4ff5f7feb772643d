"""`canary-operator backtest`: would this spec have caught it, and how often would it have cried wolf?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from canary_operator.api.quantities import format_duration, parse_duration
from canary_operator.api.reading import read_spec
from canary_operator.backtest import told
from canary_operator.backtest.asking import record
from canary_operator.backtest.course import Course, course
from canary_operator.backtest.looks import looks
from canary_operator.backtest.recording import Recording, load, save
from canary_operator.backtest.replay import releases, replay
from canary_operator.backtest.shadows import shadows
from canary_operator.backtest.wanted import Wanted, wanted
from canary_operator.cli.manifests import key_of, manifests
from canary_operator.operator.clock import wall_time
from canary_operator.providers.metrics.configuration import only_provider
from canary_operator.providers.metrics.prometheus import Prometheus

WRONG = 1
_PATIENCE = timedelta(seconds=30)
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
    every rollback of those is a false alarm. What recorded data can't answer is named. Exits with 1 after
    a false alarm.

    \b
        canary-operator backtest rollout.yaml --prometheus-url http://localhost:9090 --last 168h
    """
    wish = _wanted(file, namespace)
    if recording is not None:
        past = load(recording)
    elif prometheus_url is not None:
        until = end.replace(tzinfo=UTC) if end else datetime.fromtimestamp(wall_time(), UTC)
        past = record(_prometheus(prometheus_url), wish, (until - last, until), step)
    else:
        raise click.UsageError("give --prometheus-url, or --recording with a file that --save wrote")
    if target is not None:
        save(past, target)
    return _judge(wish, past, seed)


def _prometheus(address: str) -> Prometheus:
    """A week in one answer takes longer than a look may."""
    (config,) = only_provider(address)
    return Prometheus(config.model_copy(update={"timeout": _PATIENCE}))


def _wanted(file: TextIO, namespace: str) -> Wanted:
    found = [one for one in manifests(file) if one["kind"] == "CanaryRollout"]
    if len(found) != 1:
        raise click.UsageError(f"there must be one CanaryRollout in {file.name}; there are {len(found)}")
    spec = read_spec(found[0].get("spec"))
    where, _, name = key_of(found[0], namespace).partition("/")
    wish = wanted(spec, where, name)
    if not wish.metrics:
        raise click.UsageError(f"the rollout judges nothing that can be judged again: {_list(wish)}")
    return wish


def _list(wish: Wanted) -> str:
    return "; ".join(told.of_metrics_beyond_reach(wish.beyond_reach())) or "it names no metric"


def _judge(wish: Wanted, past: Recording, seed: int) -> int:
    found = looks(past, wish)
    span = f"{past.start:%Y-%m-%d %H:%M} to {past.end:%Y-%m-%d %H:%M}"
    click.echo(f"{span}, {len(found.samples)} looks of {format_duration(past.step)}")
    for line in (*told.of_metrics_beyond_reach(wish.beyond_reach()), ""):
        click.echo(line)
    if not found.samples:
        who = "its caller" if wish.arms.application is None else "its pods"
        what = "connection" if wish.arms.connections else "request"
        click.echo(f"Prometheus has no {what} to the Service {wish.arms.stable} that {who} counted.")
        return WRONG

    def pin(moment: datetime) -> Course:
        return course(found, wish, past.step, moment)

    again = [replay(found, span, pin) for span in releases(found)]
    alone = list(shadows(found, pin, seed))
    for line in (*told.of_releases(again), "", *told.of_shadows(alone, pin(past.start).span)):
        click.echo(line)
    return WRONG if any(one.harm_at for one in alone) else 0
