import json
from pathlib import Path

from testbed.audit import calls_by_verb


def test_a_call_counts_once_however_many_stages_it_has(tmp_path: Path) -> None:
    """A watch is logged when it begins and again when it ends; it was one call."""
    events = [("1", "watch"), ("2", "patch"), ("3", "patch"), ("1", "watch")]
    log = tmp_path / "audit.jsonl"
    log.write_text("".join(json.dumps({"auditID": number, "verb": verb}) + "\n" for number, verb in events))
    assert calls_by_verb(log) == {"watch": 1, "patch": 2}


def test_no_log_is_no_call(tmp_path: Path) -> None:
    """Before the first call there is no file."""
    assert not calls_by_verb(tmp_path / "audit.jsonl")
