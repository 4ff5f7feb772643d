"""The placeholders that a query of one's own may hold; both arms are asked with the same text."""

import re
from collections.abc import Iterator, Mapping

PLACEHOLDERS = ("namespace", "workload", "service", "pods", "arm", "interval")
OF_AN_ARM = ("workload", "service", "pods", "arm")
"""Those that differ between the arms: without one of them both arms would be the same."""
OF_A_SUBSET = ("workload", "pods", "arm")
"""Those that differ where both arms are behind one Service."""
OF_A_WORKLOAD = ("workload", "pods")
"""Those that only a Deployment has."""

KNOWN = rf"^([^$]|[$][$]|[$]({'|'.join(PLACEHOLDERS)})\b)+$"
"""RE2 and Python: a text with no other placeholder; `$$` is a dollar sign."""
_ONE = re.compile(rf"[$]([$]|(?:{'|'.join(PLACEHOLDERS)})\b)")


def placeholders(text: str) -> Iterator[str]:
    """Those in this query, in their order."""
    return (name for name in _ONE.findall(text) if name != "$")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The query with its placeholders replaced. KeyError for one that has no value.

    Values are names of Kubernetes objects, durations and patterns made of those, which need no quoting in PromQL.
    """
    return _ONE.sub(lambda found: "$" if found[1] == "$" else values[found[1]], text)
