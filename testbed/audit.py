"""Counts the operator's API calls from the API server's audit log."""

import json
from collections import Counter
from pathlib import Path


def calls_by_verb(log: Path) -> Counter[str]:
    """How many calls there were for each verb; watches count from their beginning.

    A call is logged once per stage that it went through, hence the set.
    """
    if not log.exists():
        return Counter()
    calls = {_call(line) for line in log.read_text(encoding="utf-8").splitlines()}
    return Counter(verb for _, verb in calls)


def _call(line: str) -> tuple[str, str]:
    event = json.loads(line)
    return event["auditID"], event["verb"]
