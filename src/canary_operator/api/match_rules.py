"""The part of `rules.py` that is about canary matches, the bucket and stickiness."""

from canary_operator.api.cel import Rule, quoted
from canary_operator.api.cel_texts import readable
from canary_operator.api.quantities import DURATION, SHARE
from canary_operator.api.rollout import MOST_STAGES

_GIVEN = "[{}].filter(given, given).size()"
_TEXT = ("exact", "prefix", "regex")
_HTTP_ONLY = "has(self.istio) && self.istio.virtualServices.exists(one, has(one.tcpRoutes) || has(one.tlsRoutes))"
_PLACES = str(list(range(MOST_STAGES)))
_RESERVED = '["uri", "scheme", "method", "authority"]'
_FIRST = 'double(self.stages[0].weight.replace("%", ""))'
_FIRST_READABLE = f"self.stages[0].weight.matches({quoted(SHARE)})"


def _given(*fields: str) -> str:
    return _GIVEN.format(", ".join(f"has(self.{field})" for field in fields))


ONE_TEST = Rule(
    f"{_given(*_TEXT, 'present')} == 1 && (!has(self.present) || self.present)",
    '"{self.name}" needs one test: give one of exact, prefix, regex and present: true',
)

ONE_PATH_TEST = Rule(f"{_given(*_TEXT)} == 1", "a path needs one test: give one of exact, prefix and regex")

IS_RE2 = Rule(
    '["".matches(self)].size() == 1',
    'must be an expression that RE2 understands, such as "[0-9]+": without looking around and referring back',
)
"""What RE2 does not take is an error of the rule, which the API server answers with the same sentence."""

MATCH_TESTS_SOMETHING = Rule(
    f"{_given('headers', 'cookie', 'queryParams', 'path', 'method', 'sourceLabels')} > 0",
    "an item without a test would send everything to the canary: give at least one test, or leave the item out",
)

HEADER_IS_MATCHED = Rule(
    f"!(self in {_RESERVED})",
    "is no header to Istio, which ignores a test of that name: use path or method, or another header",
)

COOKIE_IS_ONE_HEADER = Rule(
    '!has(self.cookie) || !has(self.headers) || !self.headers.exists(one, one.name == "cookie")',
    'cookie "{self.cookie.name}" and the header "cookie" are the same header, which can be tested once: '
    "give one of them, or two items",
)

BUCKET_HAS_A_SOURCE = Rule(
    "has(self.header) != has(self.cookie)",
    'canaryBucket needs the place of the user\'s number: give {has(self.header) ? "either header or cookie" : '
    '"header or cookie"}',
)

CHOOSING_NEEDS_HTTP = Rule(
    f"(!has(self.canaryMatches) && !has(self.canaryBucket) && !has(self.stickiness)) || !({_HTTP_ONLY})",
    '{has(self.canaryMatches) ? "canaryMatches" : has(self.canaryBucket) ? "canaryBucket" : "stickiness"} reads '
    "requests, and a tcp or tls route has connections only: leave it out, or split an http route",
)

ONE_WAY_TO_STAY = Rule(
    "!has(self.canaryBucket) || !has(self.stickiness)",
    "canaryBucket and stickiness are both given, and each keeps users with their version: leave one of them out",
)

_COOKIE = "self.stickiness.cookie"

COOKIE_IS_OURS = Rule(
    f"!has(self.stickiness) || !has({_COOKIE}.name) || !has(self.canaryMatches) || "
    f"!self.canaryMatches.exists(one, has(one.cookie) && one.cookie.name == {_COOKIE}.name)",
    f'the cookie "{{{_COOKIE}.name}}" of stickiness is tested by canaryMatches, and everybody gets it: '
    "give stickiness.cookie another name, or leave its name out",
)

PREFIX_IS_SECURE = Rule(
    '!has(self.name) || self.secure || !["__Secure-", "__Host-"].exists(prefix, self.name.startsWith(prefix))',
    'browsers refuse a cookie "{self.name}" that is not secure, by its first letters: give another name, '
    "or leave secure: false out",
)

_TTL = "self.traffic.stickiness.cookie.ttl"

COOKIE_OUTLASTS_RUN = Rule(
    f"!has(self.traffic.stickiness) || !has({_TTL}) || !{readable(f'[{_TTL}, self.maxDuration]', DURATION)} || "
    f"duration({_TTL}) >= duration(self.maxDuration)",
    f'stickiness.cookie.ttl "{{{_TTL}}}" ends before a run may, after maxDuration "{{self.maxDuration}}", and users '
    "would be drawn again: raise ttl, or leave it out",
)

DARK_STAGE_HAS_MATCHES = Rule(
    f"size(self.stages) == 0 || !{_FIRST_READABLE} || {_FIRST} > 0.0 || has(self.traffic.canaryMatches) || "
    "has(self.stages[0].mirror)",
    'stages[0].weight "{self.stages[0].weight}" shows nothing, because no request goes to the canary: '
    "give the stage a weight, or mirror, or give traffic.canaryMatches",
)

MATCH_SERVICE_DIFFERS = Rule(
    "!has(self.matchService) || (has(self.canaryMatches) && self.matchService != self.stableService && "
    'self.matchService != (has(self.canaryService) ? self.canaryService : self.stableService + "-canary"))',
    'matchService "{self.matchService}" must be a third Service, for the requests of canaryMatches: '
    "give canaryMatches and name another Service, or leave matchService out",
)

_WHOLE = quoted(r"^[0-9]+([.]0+)?%$")

BUCKET_IS_WHOLE = Rule(
    'self.stages.all(stage, !has(self.traffic.canaryBucket) || self.traffic.canaryBucket.ids != "Decimal" || '
    f"!stage.weight.matches({quoted(SHARE)}) || stage.weight.matches({_WHOLE}))",
    'the weight "{self.stages[at].weight}" is no whole percentage, and canaryBucket splits by hundredths: '
    "round it, or use ids: Hexadecimal",
    each=f"{_PLACES}.filter(at, at < size(self.stages) && !self.stages[at].weight.matches({_WHOLE}))",
)
