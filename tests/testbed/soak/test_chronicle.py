from pathlib import Path

import pytest

from testbed.soak.chronicle import Chronicle, Phase, Tail


def fail_in(chronicle: Chronicle) -> None:
    with chronicle.fault("istiod killed", "soak-1") as fault:
        fault.enters(Phase.STANDS)
        raise OSError("no")


def test_a_fault_is_over_whatever_went_wrong(tmp_path: Path) -> None:
    """The observer must not wait for ever for calm."""
    chronicle, tail = Chronicle(tmp_path / "it"), Tail(tmp_path / "it")
    with pytest.raises(OSError, match="no"):
        fail_in(chronicle)
    chronicle.note("release of v2")
    found = tail.fresh()
    assert [entry.phase for entry in found] == [Phase.BEGINS, Phase.STANDS, Phase.OVER, Phase.NOTE]
    assert {(entry.number, entry.namespace, entry.what) for entry in found[:3]} == {(1, "soak-1", "istiod killed")}
    assert (found[3].number, chronicle.faults) == (0, 1)


def test_nothing_is_read_twice_or_by_half(tmp_path: Path) -> None:
    """A line without its end waits for it."""
    file = tmp_path / "it"
    chronicle, tail = Chronicle(file), Tail(file)
    chronicle.note("one")
    whole = file.read_bytes()
    file.write_bytes(whole[:10])
    assert tail.fresh() == []
    file.write_bytes(whole)
    assert [entry.what for entry in tail.fresh()] == ["one"]
    assert tail.fresh() == []
    chronicle.note("two")
    assert [entry.what for entry in tail.fresh()] == ["two"]
