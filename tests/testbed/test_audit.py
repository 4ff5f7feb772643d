import json
from datetime import timedelta
from pathlib import Path

from testbed.audit import calls_by_verb, writes


def test_a_call_counts_once_however_many_stages_it_has(tmp_path: Path) -> None:
    """A watch is logged when it begins and again when it ends; it was one call."""
    events = [("1", "watch"), ("2", "patch"), ("3", "patch"), ("1", "watch")]
    log = tmp_path / "audit.jsonl"
    log.write_text("".join(json.dumps({"auditID": number, "verb": verb}) + "\n" for number, verb in events))
    assert calls_by_verb(log) == {"watch": 1, "patch": 2}


def test_no_log_is_no_call(tmp_path: Path) -> None:
    """Before the first call there is no file."""
    assert not calls_by_verb(tmp_path / "audit.jsonl")


def test_writes_are_told_apart_by_who_and_whether_they_took_effect(tmp_path: Path) -> None:
    """In the order of the answers; a line in the making and everything that only reads are left out."""
    log = tmp_path / "audit.jsonl"
    refused, done = an_event("10:00:02.5", "b", "patch", 409), an_event("10:00:01", "a", "create", 201)
    log.write_text("\n".join([refused, done, an_event("10:00:00", "a", "get", 200), '{"verb": "pa']))
    first, second = writes(log)
    assert (first.uid, first.resource, first.namespace, first.took_effect) == ("a", "events", "shop", True)
    assert (second.uid, second.at - first.at, second.took_effect) == ("b", timedelta(seconds=1.5), False)


def an_event(time: str, uid: str, verb: str, code: int) -> str:
    event = {
        "stageTimestamp": f"2026-11-24T{time}Z",
        "user": {"uid": uid},
        "verb": verb,
        "objectRef": {"resource": "events", "namespace": "shop"},
        "responseStatus": {"code": code},
    }
    return json.dumps(event)
