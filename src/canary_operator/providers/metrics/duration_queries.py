"""The questions about how long requests take, in PromQL.

Buckets may be classic ones, series with a label `le`, or those of native histograms, one series each. Both are asked
for in one question; a native histogram answers only where there is no classic one with the same labels.
"""

from collections.abc import Collection, Iterator, Mapping

from canary_operator.providers.metrics.queries import (
    BAD,
    FAILED,
    GRPC_FAILED,
    IDENTITY,
    REQUESTS,
    SCRAPED,
    Counted,
    Service,
    classed,
    selector_of,
)

SERVED, QUICK, UNCODED = "served", "quick", "uncoded"

_NATIVE = "istio_request_duration_milliseconds"
_CLASSIC = f"{_NATIVE}_bucket"
_WENT_WELL = 'response_code!~"5..",grpc_response_status!~"2|4|12|13|14|15"'
"""Neither of them, or the proxy does not say how the request ended, as not every one does beside a duration."""
_EXACT = "0.001"
"""A part of a native histogram times its count is a whole number but for this."""


def durations(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """The 99th percentile of the request duration in milliseconds, per Service and kind of reporter."""
    by, chosen = f"{counted.by},reporter", selector_of(services, labels, counted)
    classic = f"histogram_quantile(0.99,sum by({by},le)(rate({_CLASSIC}{{{chosen}}}[5m])))"
    return f"{classic} or histogram_quantile(0.99,sum by({by})(rate({_NATIVE}{{{chosen}}}[5m])))"


def spread(services: Collection[Service], labels: Mapping[str, str], counted: Counted = REQUESTS) -> str:
    """Per Service and kind of reporter the durations of the last half hour; a native histogram comes as it is."""
    chosen, by, over = selector_of(services, labels, counted), f"{counted.by},reporter", "30m"
    whole = _sum(by, _series(_NATIVE, chosen, _WENT_WELL, over))
    return _united([*_counted(chosen, by, [".+"], over), (whole, QUICK)])


def slow(
    services: Collection[Service], labels: Mapping[str, str], boundaries: Collection[str], counted: Counted = REQUESTS
) -> str:
    """Per Service and source the requests, and those within each boundary; per source the newest scrape."""
    chosen = selector_of(services, labels, counted)
    source = ",".join(("reporter", *IDENTITY))
    scraped = f"max by({source})(timestamp({REQUESTS.metric}{{{chosen}}}))"
    return _united([*_within(chosen, f"{counted.by},{source}", boundaries), (scraped, SCRAPED)])


def slow_history(
    services: Collection[Service], labels: Mapping[str, str], boundaries: Collection[str], counted: Counted = REQUESTS
) -> str:
    """The same per kind of reporter, every ten seconds of the last half hour."""
    chosen = selector_of(services, labels, counted)
    return f"({_united(_within(chosen, f'{counted.by},reporter', boundaries))})[30m:10s]"


def _within(chosen: str, by: str, boundaries: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _counted(chosen, by, _literal(boundaries))
    well = _sum(by, _series(_NATIVE, chosen, _WENT_WELL))
    for boundary in sorted(boundaries):
        part = f"round(histogram_fraction(-Inf,{boundary},{well})*histogram_count({well}),{_EXACT})"
        yield f'label_replace({part},"le","{boundary}","","")', QUICK


def _counted(chosen: str, by: str, boundaries: Collection[str], over: str = "") -> Iterator[tuple[str, str]]:
    """Proxies merge their histograms now and then, so all of it comes from the histogram, and is of one moment."""
    every = 'le="+Inf"'
    for uncoded, name in (("", SERVED), ('response_code=""', UNCODED)):
        classic = _sum(by, _series(_CLASSIC, chosen, ",".join(filter(None, (every, uncoded))), over))
        yield f"{classic} or histogram_count({_sum(by, _series(_NATIVE, chosen, uncoded, over))})", name
    within = f'le=~"{"|".join(sorted(boundaries))}",{_WENT_WELL}'
    yield _sum(f"{by},le", _series(_CLASSIC, chosen, within, over)), QUICK
    bad = " or ".join(_series(REQUESTS.metric, chosen, failed, over) for failed in (FAILED, GRPC_FAILED))
    yield _sum(by, bad), BAD


def _series(metric: str, chosen: str, more: str, over: str = "") -> str:
    series = f"{metric}{{{','.join(filter(None, (chosen, more)))}}}"
    return f"increase({series}[{over}])" if over else series


def _sum(by: str, series: str) -> str:
    return f"sum by({by})({series})"


def _united(parts: Collection[tuple[str, str]] | Iterator[tuple[str, str]]) -> str:
    return " or ".join(classed(part, name) for part, name in parts)


def _literal(boundaries: Collection[str]) -> list[str]:
    """Numbers; of what stands in them only the point means something else in a pattern."""
    return [boundary.replace(".", "[.]").replace("+", "[+]") for boundary in boundaries]
