import json
from dataclasses import replace
from pathlib import Path

import pytest

from canary_operator.backtest.recording import load, save
from canary_operator.errors import CanaryError
from tests.backtest.recorded import ORDERS, own, recorded, slow, wish


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    """Latencies, own queries and what had no answer too."""
    whole = slow(own(recorded(5, canary=(100, 5)), wish(ORDERS), "orders", lambda _, look: look), (900, 9))
    whole = replace(whole, question="sum(x)", pods=[{"metric": {"pod": "a"}, "values": [[1.0, "2"]]}])
    save(whole, tmp_path / "recording.json")
    assert load(tmp_path / "recording.json") == whole


def test_a_recording_of_the_first_form_holds_what_failed(tmp_path: Path) -> None:
    """Everything else was not asked then."""
    save(recorded(5), tmp_path / "new.json")
    content = json.loads((tmp_path / "new.json").read_text())
    kept = {name: content[name] for name in ("start", "end", "stepSeconds", "rows")}
    (tmp_path / "old.json").write_text(json.dumps({**kept, "format": "canary-operator-recording/1"}))
    assert load(tmp_path / "old.json") == recorded(5)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": "another/1"}',
        '{"format": "canary-operator-recording/1"}',
        '{"format": "canary-operator-recording/2", "start": "2026-01-01", "end": "2026-01-01", "own": []}',
    ],
)
def test_another_file_is_no_recording(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(CanaryError, match=r"other\.json"):
        load(tmp_path / "other.json")
