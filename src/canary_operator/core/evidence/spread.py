"""How much pods of one version differ by themselves, from what the baseline's counted before the run.

Errors may keep company within a pod (phi), and one pod may fail more than another for good (tau): a node with a slow
disk, a shard with hard customers. Whoever knows neither takes the canary's few pods for a bad version.
"""

from collections.abc import Mapping, Sequence
from math import exp, log, sqrt
from statistics import fmean, variance

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.dispersion import LARGEST, by_chance
from canary_operator.core.evidence.student import quantile
from canary_operator.core.evidence.sums import total

Pods = Mapping[str, Sequence[Counts]]
"""The minutes of each pod, oldest first, the same minutes for all; empty ones where it was not there."""
FEWEST_PODS = 2
WIDEST = 5.0
"""However much pods differ, a canary this many times as bad as allowed by its baseline is worth a rollback."""
_SPANS = (1, 5)
"""Minutes that errors may keep company for."""
_ONE_PERCENT = 0.01


def company_of_pods(pods: Pods) -> float:
    """Phi by pods, from 1 to LARGEST: how much wider than independent ones each pod's errors scatter in time.

    Pod j has the share w_j of all errors of the half hour, so e_i·w_j are expected of it in minute i (or five): Σ Σ
    (e_ij − e_i·w_j)² over Σ e_i(1 − Σ w_j²)·(I − 1)/I, with I minutes. Pods that differ for good are in w_j, not here.
    """
    steady = [minutes for minutes in pods.values() if all(minute.requests for minute in minutes)]
    return max((_company([_joined(minutes, span) for minutes in steady]) for span in _SPANS), default=1.0)


def spread_of_pods(pods: Pods, phi: float) -> float:
    """tau: the standard deviation of ln(error rate) between pods that chance and company do not explain; 0 if they may.

    The variance of ln((e + 0.5)/n) less what Poisson's law gives to each, phi/(e + 0.5) (delta method). It counts only
    when Pearson's chi-square of the pods' totals, over phi, exceeds its 99 % quantile.
    """
    totals = [each for each in (total(minutes) for minutes in pods.values()) if each.requests]
    every = total(totals)
    if len(totals) < FEWEST_PODS or not 0 < every.bad < every.requests:
        return 0.0
    rate, degrees = every.bad / every.requests, len(totals) - 1
    square = sum((one.bad - one.requests * rate) ** 2 / (one.requests * rate * (1 - rate)) for one in totals)
    if square / phi <= degrees * by_chance(degrees):
        return 0.0
    scatter = variance(log((one.bad + 0.5) / one.requests) for one in totals)
    return sqrt(max(0.0, scatter - phi * fmean(1 / (one.bad + 0.5) for one in totals)))


def allowance(tau: float, canary: int, baseline: int) -> float:
    """How many times the baseline's rate so many pods of the canary may have because pods differ, 99 times out of 100.

    exp( t·tau·sqrt(1/m_c + 1/m_b) ), t the 99 % quantile of Student's t with m_b − 1 degrees of freedom; at most
    WIDEST.
    """
    if not tau or baseline < FEWEST_PODS:
        return 1.0
    wide = quantile(_ONE_PERCENT, baseline - 1) * tau * sqrt(1 / max(1, canary) + 1 / baseline)
    return exp(min(wide, log(WIDEST)))


def _company(pods: Sequence[Sequence[Counts]]) -> float:
    by_time = [sum(span.bad for span in spans) for spans in zip(*pods, strict=True)]
    every, spans = sum(by_time), len(by_time)
    shares = [sum(span.bad for span in spans) / every for spans in pods] if every else []
    free = 1 - sum(share**2 for share in shares)
    if spans < FEWEST_PODS or len(pods) < FEWEST_PODS or free <= 0 or not every:
        return 1.0
    square = sum(
        (span.bad - by_time[at] * share) ** 2
        for minutes, share in zip(pods, shares, strict=True)
        for at, span in enumerate(minutes)
    )
    estimate = square / (every * free) * spans / (spans - 1)
    return min(estimate, LARGEST) if estimate > by_chance((spans - 1) * (len(pods) - 1)) else 1.0


def _joined(minutes: Sequence[Counts], span: int) -> list[Counts]:
    return [total(minutes[at : at + span]) for at in range(0, len(minutes) - span + 1, span)]
