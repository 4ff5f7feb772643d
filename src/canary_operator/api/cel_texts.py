"""CEL over texts that a rule calculates with: percentages and durations."""

from canary_operator.api.cel import quoted
from canary_operator.api.quantities import SHARE


def number(share: str) -> str:
    """Of a percentage."""
    return f'double({share}.replace("%", ""))'


def readable(texts: str, pattern: str) -> str:
    """A text that can't be read has its own rule; the rules that calculate with it must not fail loudly beside that."""
    return f"{texts}.all(text, text.matches({quoted(pattern)}))"


def when_shares(texts: str, rule: str) -> str:
    return f"!{readable(texts, SHARE)} || {rule}"
