"""What there is instead, where a query of the user's own finds nothing: a name or a label is written otherwise."""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.hints import labels_hint
from canary_operator.providers.metrics.tables import Row

_SELECTED = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{")
"""A metric with its labels; one without any would have been found."""
_MOST_NAMES = 3
_ALIKE = 0.6


def own_hint(text: str, ask: Callable[[str], Sequence[Row]]) -> str:
    """One sentence more about this query; empty where nothing helps. Blocks; `Unavailable`.

    The first metric of it that is nowhere gets the names most like its own; if all of them are somewhere, the first one
    is shown with the labels of one of its series.
    """
    metrics = list(dict.fromkeys(_SELECTED.findall(text)))
    there = {metric: ask(f"topk(1,{metric})") for metric in metrics}
    for metric in metrics:
        if not there[metric]:
            return _otherwise(metric, _names(ask(similar(metric))))
    return labels_hint(metrics[0], there[metrics[0]]) if metrics else ""


def similar(metric: str) -> str:
    """Asks for metrics with the same beginning: all of them might be a hundred thousand."""
    beginning = metric.partition("_")[0]
    return f'group by(__name__)({{__name__=~"{beginning[: max(3, len(beginning) - 2)]}.*"}})'


def _otherwise(metric: str, names: Iterable[str]) -> str:
    near = get_close_matches(metric, names, _MOST_NAMES, _ALIKE)
    meant = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"There is no series of {metric} at all{meant}"


def _names(rows: Iterable[Row]) -> list[str]:
    try:
        return [row["metric"]["__name__"] for row in rows]
    except (AttributeError, LookupError, TypeError) as error:
        raise Unavailable("Prometheus did not answer with names") from error
