"""Rules that the API server checks for us, and the sentence it answers when one is broken."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

VALIDATIONS = "x-kubernetes-validations"

_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition in CEL over `self` (and `oldSelf`), at one place of the schema."""

    holds: str
    says: str
    """For the user, with the cure. `{expression}` is replaced by the expression's value."""
    each: str = ""
    """Where the sentence speaks of one offender of many: the CEL list of offenders, the first of which is `at`."""

    def lowered(self) -> dict[str, str]:
        """As it stands in the CustomResourceDefinition."""
        if not _PLACE.search(self.says):
            return {"rule": self.holds, "message": self.says}
        sentence = _sentence(self.says)
        return {
            "rule": self.holds,
            "messageExpression": f"{self.each}.map(at, {sentence})[0]" if self.each else sentence,
        }


def matches(pattern: str, says: str) -> Rule:
    """The text has this form (RE2). A `pattern` in the schema would be answered with the pattern, and no cure."""
    return Rule(f"self.matches({quoted(pattern)})", says)


def lowered(rules: Iterable[Rule]) -> dict[str, list[dict[str, str]]]:
    return {VALIDATIONS: [rule.lowered() for rule in rules]}


def quoted(text: str) -> str:
    """A CEL string literal: its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _sentence(template: str) -> str:
    """`a {b} c` → `"a " + (b) + " c"`: b is a string of bounded length, which the result of CEL's `string` is not."""
    parts = _PLACE.split(template)
    terms = [f"({part})" if index % 2 else quoted(part) for index, part in enumerate(parts) if part]
    return " + ".join(terms)
