import copy
from typing import Any

import pytest
import yaml

from canary_operator.api import contradictions
from canary_operator.api.reading import read_spec
from canary_operator.errors import InvalidCanary

GOOD = yaml.safe_load("""
workload: {deploymentRef: {name: checkout}}
traffic: {istio: {virtualServices: [{name: checkout}]}, stableService: checkout}
stages: [{weight: "5%", duration: 30m}, {weight: "100%", duration: 0s}]
analysis: {metrics: [{preset: istio-error-rate, max: "1%", maxIncrease: "50%"}]}
""")

TRAFFIC = "istio: {virtualServices: [{name: checkout}]}, stableService: checkout"


SUBSETS = "istio: {virtualServices: [{name: a}], subsets: {destinationRule: a, stable: v1, canary: v2}}"

BY_SERVICE = "analysis: {metrics: [{name: paid, promQL: 'x{s=\"$service\"}', kind: Scalar, max: '1'}]}"


def choosing(field: str) -> str:
    """Traffic with one more field."""
    return f"traffic: {{{TRAFFIC}, {field}}}"


def for_some(items: str) -> str:
    """Of an HTTPRoute."""
    return f"traffic: {{gatewayAPI: {{httpRoutes: [{{name: a}}]}}, stableService: a, canaryMatches: [{items}]}}"


DARK_THEN_ALL = "stages: [{weight: 0%, duration: 1h}, {weight: 100%, duration: 1h}]"
COMPARES_ONLY = "analysis: {metrics: [{preset: istio-error-rate, maxIncrease: 5%}]}"

MIRRORED = 'stages: [{mirror: "20%", duration: 5m}, {weight: "5%", duration: 5m}]'


def mirrored(*stages: str) -> str:
    """Before a first weight."""
    return f'stages: [{", ".join(stages)}, {{weight: "5%", duration: 5m}}]'


WRONG = {
    "neither subject": ("workload: null", "give workload"),
    "both subjects": ("revision: v2", "workload and revision"),
    "canary is stable": (
        "traffic: {istio: {virtualServices: [{name: checkout}]}, stableService: checkout, canaryService: checkout}",
        'stableService "checkout"',
    ),
    "canary's name too long": (
        f"traffic: {{istio: {{virtualServices: [{{name: checkout}}]}}, stableService: {'s' * 57}}}",
        "give canaryService",
    ),
    "no router": ("traffic: {stableService: a}", "neither istio nor gatewayAPI is given: give istio"),
    "two routers": (
        "traffic: {istio: {virtualServices: [{name: a}]}, gatewayAPI: {httpRoutes: [{name: a}]}, stableService: a}",
        "istio and gatewayAPI are both given: give istio",
    ),
    "an HTTPRoute named twice": (
        "traffic: {gatewayAPI: {httpRoutes: [{name: a, rules: [x]}, {name: a, rules: [y]}]}, stableService: a}",
        'httpRoutes: "a" is named twice: give each HTTPRoute once, with all of its rules',
    ),
    "a rule of an HTTPRoute asked for twice": (
        "traffic: {gatewayAPI: {httpRoutes: [{name: a, rules: [x, y, x]}]}, stableService: a}",
        'a rule is asked for twice in "a": give each once',
    ),
    "labels in an HTTPRoute": (
        for_some("{sourceLabels: {app: a}}"),
        "traffic.canaryMatches[0].sourceLabels are labels of callers, which an HTTPRoute does not know: test a header",
    ),
    "an expression of a path in an HTTPRoute": (
        for_some("{path: {regex: '/v[23]/.*'}}"),
        'traffic.canaryMatches[0].path.regex "/v[23]/.*" is an expression',
    ),
    "a path that no HTTPRoute takes": (
        for_some("{method: PUT}, {path: {prefix: /a//b}}"),
        'traffic.canaryMatches[1].path.prefix "/a//b" is none that an HTTPRoute takes: begin with "/"',
    ),
    "a path without a slash": (
        for_some("{path: {exact: cart}}"),
        'traffic.canaryMatches[0].path.exact "cart" is none that an HTTPRoute takes: begin with "/"',
    ),
    "a parameter that no HTTPRoute takes": (
        for_some("{queryParams: [{name: 'ids[]', exact: a}]}"),
        'traffic.canaryMatches[0].queryParams has the name "ids[]", which no HTTPRoute takes',
    ),
    "a canary Service beside subsets": (
        f"traffic: {{{SUBSETS}, stableService: a, canaryService: b}}",
        'traffic.canaryService "b" is given beside subsets',
    ),
    "a match Service beside subsets": (
        f"traffic: {{{SUBSETS}, stableService: a, matchService: b, canaryMatches: [{{method: PUT}}]}}",
        'traffic.matchService "b" is given beside subsets',
    ),
    "one subset for both": (
        f"traffic: {{{SUBSETS.replace('canary: v2', 'canary: v1')}, stableService: a}}",
        'stable and canary are both "v1"',
    ),
    "subsets without a workload": (
        f"{{workload: null, revision: v2, traffic: {{{SUBSETS}, stableService: a}}}}",
        "subsets need a workload",
    ),
    "subsets and a query that knows Services only": (
        f"{{traffic: {{{SUBSETS}, stableService: a}}, {BY_SERVICE}}}",
        "analysis.metrics[0] tells the arms apart by $service alone",
    ),
    "routes of two kinds": (
        "traffic: {istio: {virtualServices: [{name: shop, routes: [a], tcpRoutes: [{port: 9000}]}]}, stableService: a}",
        'routes of several kinds are asked for in "shop": give one',
    ),
    "a VirtualService twice": (
        "traffic: {istio: {virtualServices: [{name: shop}, {name: cart}, {name: shop}]}, stableService: a}",
        '"shop" is named twice: give each VirtualService once',
    ),
    "routes of a managed route": (
        "traffic: {istio: {virtualServices: [{name: shop, managedRoute: true, routes: [a]}]}, stableService: a}",
        '"shop" has managedRoute, so the operator makes it, with one http route: leave out routes',
    ),
    "a port for a route of one's own": (
        "traffic: {istio: {virtualServices: [{name: shop, port: 80}]}, stableService: a}",
        'port is given for "shop", which you write yourself',
    ),
    "an http route twice": (
        "traffic: {istio: {virtualServices: [{name: shop, routes: [a, b, a]}]}, stableService: a}",
        'a route is asked for twice in "shop"',
    ),
    "a tcp route twice": (
        "traffic: {istio: {virtualServices: [{name: shop, tcpRoutes: [{port: 90}, {port: 90}]}]}, stableService: a}",
        'a route is asked for twice in "shop"',
    ),
    "a preset for connections": (
        "traffic: {istio: {virtualServices: [{name: shop, tcpRoutes: [{port: 9000}]}]}, stableService: a}",
        'metric "istio-error-rate" judges HTTP requests',
    ),
    "same weight twice": (
        'stages: [{weight: "5%", duration: 30m}, {weight: "5.0%", duration: 30m}]',
        'stages[1].weight "5%" is not above "5%"',
    ),
    "falling weight": (
        'stages: [{weight: "50%", duration: 30m}, {weight: "5%", duration: 30m}]',
        "a longer duration",
    ),
    "no traffic": ('stages: [{weight: "0%", duration: 30m}]', "give the stage a weight, or mirror"),
    "a mirror of nothing": (mirrored('{mirror: "0%", duration: 5m}'), 'stages[0].mirror "0%" must be above 0%'),
    "a mirror beside a weight": (
        mirrored('{mirror: "20%", weight: "1%", duration: 5m}'),
        'stages[0].mirror "20%" and weight "1%" are both given',
    ),
    "a mirror behind a weight": (
        'stages: [{weight: "5%", duration: 5m}, {mirror: "20%", duration: 5m}]',
        'stages[1].weight "0%" is not above "5%"',
    ),
    "mirrors that fall": (
        mirrored('{mirror: "20%", duration: 5m}', '{mirror: "5%", duration: 5m}'),
        'stages[1].mirror "5%" is not above "20%"',
    ),
    "a dark stage behind a mirror": (
        mirrored('{mirror: "20%", duration: 5m}', "{duration: 5m}"),
        'stages[1].weight "0%" is not above "0%"',
    ),
    "a mirror of connections": (
        f"{{{MIRRORED}, {choosing('canaryService: b').replace('name: checkout', 'name: a, tcpRoutes: [{port: 90}]')}}}",
        'stages[0].mirror "20%" copies requests, and a tcp or tls route has connections only',
    ),
    "a mirror without a workload": (
        f"{{{MIRRORED}, workload: null, revision: v2}}",
        'stages[0].mirror "20%" is counted by the pods',
    ),
    "a mirror beside testers": (
        f"{{{MIRRORED}, {choosing('canaryMatches: [{method: PUT}]')}}}",
        'stages[0].mirror "20%" and traffic.canaryMatches are both given',
    ),
    "a mirror that nobody judges": (
        f"{{{MIRRORED}, analysis: {{metrics: [{{preset: memory, max: 500Mi}}]}}}}",
        'stages[0].mirror "20%" is judged by errors and latency, and no metric is about them',
    ),
    "a way to mirror and no mirror": (choosing("mirror: {allowUnsafe: true}"), "traffic.mirror is given, and no stage"),
    "no time": ('stages: [{weight: "5%", duration: 0s}]', "leaves no time"),
    "no bound": ("analysis: {metrics: [{preset: istio-error-rate}]}", "give max, maxIncrease or both"),
    "bound below what is ignored": (
        'analysis: {metrics: [{preset: istio-error-rate, max: "0.1%", maxIncrease: "50%"}]}',
        'ignoreBelow "0.1%"',
    ),
    "max of nothing": ('analysis: {metrics: [{preset: istio-error-rate, max: "0%"}]}', 'max "0%" must lie'),
    "max of everything": ('analysis: {metrics: [{preset: istio-error-rate, max: "100%"}]}', 'max "100%" must lie'),
    "everything ignored": (
        'analysis: {metrics: [{preset: istio-error-rate, maxIncrease: "5%", ignoreBelow: "100%"}]}',
        "ignores everything",
    ),
    "no baseline good enough": (
        'analysis: {metrics: [{preset: istio-error-rate, max: "1%", baselineLimit: "0%"}]}',
        "would hold every run",
    ),
    "pods of no workload": (
        '{workload: null, revision: v2, analysis: {metrics: [{preset: restarts, max: "0"}]}}',
        "preset restarts is about pods, and there is no workload",
    ),
    "two that count the requests": (
        'analysis: {metrics: [{preset: requests, max: "1%"}, {preset: istio-latency-p99, maxIncrease: "5%"}]}',
        "requests, which are counted without Istio, and istio-latency-p99; give one or the other",
    ),
    "a counter for Istio": (
        'analysis: {metrics: [{preset: istio-error-rate, requests: {metric: hits_total}, max: "1%"}]}',
        "says how preset requests counts; leave it out",
    ),
    "requests of no workload": (
        '{workload: null, revision: v2, analysis: {metrics: [{preset: requests, max: "1%"}]}}',
        "preset requests is about pods, and there is no workload",
    ),
    "a limit of CPU": (
        'analysis: {metrics: [{preset: cpu, max: "2"}]}',
        "seconds of CPU for a request; use maxIncrease",
    ),
    "restarts compared": ('analysis: {metrics: [{preset: restarts, maxIncrease: "5%"}]}', "counted; give max"),
    "memory without a unit": ('analysis: {metrics: [{preset: memory, max: "500"}]}', "a size such as 500Mi"),
    "nothing to compare with": (
        "{stages: [{weight: 100%, duration: 1h}], analysis: {metrics: [{preset: istio-error-rate, maxIncrease: 5%}]}}",
        "put a stage below 100% first",
    ),
    "nothing but a dark launch to compare": (
        f"{{{DARK_THEN_ALL}, {choosing('canaryMatches: [{method: PUT}]')}, {COMPARES_ONLY}}}",
        "put a stage below 100% first",
    ),
    "matches without http": (
        choosing("canaryMatches: [{method: PUT}]").replace("name: checkout", "name: shop, tcpRoutes: [{port: 9000}]"),
        "traffic.canaryMatches reads requests, and a tcp or tls route has connections only",
    ),
    "a bucket without http": (
        choosing("canaryBucket: {header: uid}").replace("name: checkout", "name: shop, tcpRoutes: [{port: 9000}]"),
        "traffic.canaryBucket reads requests",
    ),
    "stickiness without http": (
        choosing("stickiness: {cookie: {}}").replace("name: checkout", "name: shop, tcpRoutes: [{port: 9000}]"),
        "traffic.stickiness reads requests",
    ),
    "stickiness beside a bucket": (
        choosing("stickiness: {cookie: {}}, canaryBucket: {header: uid}"),
        "traffic.canaryBucket and stickiness are both given",
    ),
    "a cookie that testers have": (
        choosing("stickiness: {cookie: {name: beta}}, canaryMatches: [{cookie: {name: beta, present: true}}]"),
        'traffic.stickiness.cookie.name "beta" is tested by canaryMatches',
    ),
    "a cookie that browsers refuse": (
        choosing("stickiness: {cookie: {name: __Host-beta, secure: false}}"),
        'traffic.stickiness.cookie.name "__Host-beta" is refused by browsers where it is not secure',
    ),
    "a cookie that ends before its run": (
        choosing("stickiness: {cookie: {ttl: 23h}}"),
        'traffic.stickiness.cookie.ttl "23h" ends before a run may, after maxDuration "24h"',
    ),
    "a match service that is the canary's": (
        choosing("canaryMatches: [{method: PUT}], matchService: checkout-canary"),
        'matchService "checkout-canary" must be a third Service',
    ),
    "a match service without matches": (choosing("matchService: third"), "give canaryMatches and name another Service"),
    "an item without a test": (choosing("canaryMatches: [{method: PUT}, {}]"), "canaryMatches[1] has no test"),
    "two tests of one header": (
        choosing("canaryMatches: [{headers: [{name: x, exact: a, prefix: b}]}]"),
        'traffic.canaryMatches[0].headers[0] "x" needs one test',
    ),
    "a header without a test": (
        choosing("canaryMatches: [{headers: [{name: x}]}]"),
        'headers[0] "x" needs one test: give one of exact, prefix, regex and present: true',
    ),
    "a header that is not there": (
        choosing("canaryMatches: [{headers: [{name: x, present: false}]}]"),
        'headers[0] "x" needs one test',
    ),
    "a header twice": (
        choosing("canaryMatches: [{headers: [{name: x, exact: a}, {name: x, exact: b}]}]"),
        '.headers tests "x" more than once',
    ),
    "a parameter twice": (
        choosing("canaryMatches: [{queryParams: [{name: x, exact: a}, {name: x, exact: b}]}]"),
        '.queryParams tests "x" more than once',
    ),
    "a parameter without a test": (choosing("canaryMatches: [{queryParams: [{name: x}]}]"), 'queryParams[0] "x" needs'),
    "a header that is none": (
        choosing("canaryMatches: [{headers: [{name: method, exact: PUT}]}]"),
        'headers[0].name "method" is no header to Istio',
    ),
    "a cookie beside the header": (
        choosing("canaryMatches: [{cookie: {name: a, exact: b}, headers: [{name: cookie, present: true}]}]"),
        'cookie "a" and the header "cookie" are the same header',
    ),
    "a path with two tests": (choosing("canaryMatches: [{path: {exact: /a, prefix: /}}]"), "path needs one test"),
    "a regex that looks around": (
        choosing("canaryMatches: [{cookie: {name: a, regex: '(?!x).*'}}]"),
        'cookie.regex "(?!x).*" has "(?!", which RE2 does not have',
    ),
    "a regex that is none": (
        choosing("canaryMatches: [{path: {regex: '/(a'}}]"),
        'path.regex "/(a" is no regular expression',
    ),
    "a bucket of nothing": (choosing("canaryBucket: {}"), "give either header or cookie"),
    "a bucket of two": (choosing("canaryBucket: {header: a, cookie: b}"), "give either header or cookie"),
    "a bucket by no header": (choosing("canaryBucket: {header: uri}"), "canaryBucket.header uri is no header to Istio"),
    "a bucket that is not whole": (
        f"{{stages: [{{weight: 0.5%, duration: 1h}}], {choosing('canaryBucket: {header: a}')}}}",
        'stages[0].weight "0.5%" is no whole percentage',
    ),
    "no time to get ready": (
        "workload: {deploymentRef: {name: checkout}, progressDeadline: 0s}",
        "progressDeadline",
    ),
    "run too long": ("maxDuration: 30m", "the stages and the warmup take 31m"),
}


def test_a_good_spec_contradicts_nothing() -> None:
    """The last stage at 100 % may have no time, and both kinds of bound may be given."""
    assert list(contradictions.of(read_spec(GOOD))) == []


def test_a_dark_launch_and_a_bucket_contradict_nothing() -> None:
    """Hexadecimal ids take any weight."""
    chosen = "canaryMatches: [{method: PUT}], canaryBucket: {cookie: uid, ids: Hexadecimal}"
    spec = changed(
        changed(GOOD, choosing(chosen)), "stages: [{weight: 0%, duration: 1h}, {weight: 0.5%, duration: 1h}]"
    )
    assert list(contradictions.of(read_spec(spec))) == []


@pytest.mark.parametrize("beside", ["mirror: {}", "mirror: {allowUnsafe: true}", "stickiness: {cookie: {}}"])
def test_a_mirror_contradicts_nothing(beside: str) -> None:
    """Several that rise, with any way to go on."""
    stages = mirrored('{mirror: "1%", duration: 5m}', '{mirror: "100%", weight: "0%", duration: 5m}')
    spec = changed(changed(GOOD, choosing(beside)), stages)
    assert list(contradictions.of(read_spec(spec))) == []


def test_subsets_contradict_nothing() -> None:
    """With a Service whose name leaves no room for another one, and a query that knows workloads."""
    metric = "{name: paid, promQL: 'x{s=\"$workload\"}', kind: Scalar, max: '1'}"
    change = f"{{traffic: {{{SUBSETS}, stableService: {'s' * 63}}}, analysis: {{metrics: [{metric}]}}}}"
    assert list(contradictions.of(read_spec(changed(GOOD, change)))) == []


def test_stickiness_contradicts_nothing() -> None:
    """Beside testers by another cookie; a secure one may be called so."""
    chosen = "canaryMatches: [{cookie: {name: a, present: true}}], stickiness: {cookie: {name: __Secure-b, ttl: 24h}}"
    assert list(contradictions.of(read_spec(changed(GOOD, choosing(chosen))))) == []


@pytest.mark.parametrize(
    "regex", [r"\p{L}+", r"[[:alpha:]]+", r"(?i)beta", "(?U:a+)", "(?:a|b)", r"\\1", "[0-9]{2}", "(?P<a>b)"]
)
def test_what_only_re2_has_is_taken(regex: str) -> None:
    """The API server has checked it by RE2 itself."""
    spec = changed(GOOD, choosing("canaryMatches: [{headers: [{name: x, present: true}]}]"))
    spec["traffic"]["canaryMatches"] = [{"headers": [{"name": "x", "regex": regex}]}]
    assert list(contradictions.of(read_spec(spec))) == []


@pytest.mark.parametrize("route", ["tcpRoutes: [{port: 9000}]", "tlsRoutes: [{port: 443, sniHost: a.example.com}]"])
def test_connections_are_judged_by_queries_of_ones_own(route: str) -> None:
    """A route below HTTP contradicts nothing then."""
    traffic = f"traffic: {{istio: {{virtualServices: [{{name: shop, {route}}}]}}, stableService: checkout}}"
    metric = "{name: reset, promQL: 'reset{s=\"$service\"}', outOf: 'closed{s=\"$service\"}', maxIncrease: 50%}"
    spec = changed(changed(GOOD, traffic), f"analysis: {{metrics: [{metric}]}}")
    assert list(contradictions.of(read_spec(spec))) == []


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_a_contradiction_is_refused_with_its_cure(change: str, says: str) -> None:
    """An object that is older than a rule is refused by the reader in the same sense as by the API server."""
    with pytest.raises(InvalidCanary) as caught:
        read_spec(changed(GOOD, change))
    assert says in caught.value.message


def changed(spec: dict[str, Any], change: str) -> dict[str, Any]:
    """With whole parts replaced; null takes a part away."""
    parts = {**copy.deepcopy(spec), **yaml.safe_load(change)}
    return {name: part for name, part in parts.items() if part is not None}
