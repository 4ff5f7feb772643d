from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from canary_operator.backtest.recording import POINTS, Recording, load, record, samples, save
from canary_operator.core.evidence.sample import Counter
from canary_operator.errors import CanaryError, Unavailable
from canary_operator.providers.metrics.tables import Row
from tests.backtest.recorded import ARMS, START, STEP, recorded


@dataclass
class Past:
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    def ask_range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Sequence[Row]:
        assert "checkout-canary" in query
        assert (end - start) / step < POINTS
        self.asked.append((start, end))
        return []


def test_a_long_span_is_asked_in_pieces_without_a_gap() -> None:
    """Prometheus refuses more than 11 000 points of a series."""
    past = Past()
    record(past, ARMS, (START, START + 2.5 * POINTS * STEP), STEP)
    assert past.asked[0][0] == START
    assert past.asked[-1][1] == START + 2.5 * POINTS * STEP
    for (_, end), (start, _) in zip(past.asked, past.asked[1:], strict=False):
        assert start == end + STEP


def test_each_step_is_the_look_that_it_would_have_been() -> None:
    found = list(samples(recorded(4, canary=(100, 5), first=1), ARMS))
    assert [sample.at for sample in found] == [START + look * STEP for look in range(1, 4)]
    last = found[-1].sources["istio-system/gw-1"]
    assert last.baseline == Counter(2700, 27)
    assert last.canary == Counter(200, 10)


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    recording = recorded(5, canary=(100, 5))
    save(recording, tmp_path / "recording.json")
    assert load(tmp_path / "recording.json") == recording


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": "another/1"}', '{"format": "canary-operator-recording/1"}']
)
def test_another_file_is_no_recording(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(CanaryError, match=r"other\.json"):
        load(tmp_path / "other.json")


@pytest.mark.parametrize("rows", [[{}], [{"metric": {}, "values": [5]}], [{"metric": {}, "values": [[1, "x"]]}]])
def test_anything_else_is_no_answer(rows: list[Row]) -> None:
    with pytest.raises(Unavailable):
        list(samples(Recording(START, START, STEP, rows), ARMS))
