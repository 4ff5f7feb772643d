import asyncio
import itertools

from canary_operator.operator.handlers import _Backoffs, _Everything, _settings


def test_a_request_is_tried_for_ever_and_never_seldom() -> None:
    """Each request begins with short pauses; none is ever longer than ten seconds."""
    backoffs = _Backoffs()
    for _ in range(2):
        assert list(itertools.islice(backoffs, 7)) == [0.5, 1, 2, 4, 8, 10, 10]


def test_kopf_is_told_to_leave_the_cluster_alone() -> None:
    """No events, no peering, no scanning, no annotations."""
    settings = _settings()
    assert settings.scanning.disabled
    assert settings.peering.standalone
    assert not settings.posting.enabled
    storage = settings.persistence
    assert storage.diffbase_storage.build(body=None) == {}  # type: ignore[arg-type]
    assert storage.progress_storage.fetch(key="x", body=None) is None  # type: ignore[arg-type]


def test_a_restart_of_the_watches_does_not_kill_the_process_later() -> None:
    """Else kopf sends SIGKILL ten minutes after it was ended."""
    assert _settings().process.ultimate_exiting_timeout is None


async def test_kopf_ends_no_task_of_ours() -> None:
    """It would take every younger task for its own."""
    task = asyncio.current_task()
    assert task is not None
    assert task in _Everything()
