from testbed.shop import Rollout


def test_a_rollout_without_a_status_is_empty_and_not_broken() -> None:
    """Tests look at it before the operator has."""
    fresh = Rollout({"metadata": {"name": "checkout"}})
    assert (fresh.state, fresh.stage, fresh.weight, fresh.run, fresh.reason, fresh.message) == ("",) * 6
    assert (fresh.held, fresh.rests, fresh.outcomes, fresh.last) == (False, False, [], {})


def test_the_newest_run_is_the_last() -> None:
    """History is newest first."""
    past = [{"outcome": "RolledBack"}, {"outcome": "Promoted"}]
    seen = Rollout({"status": {"state": "Resting", "history": past}})
    assert (seen.rests, seen.outcomes, seen.last) == (True, ["RolledBack", "Promoted"], {"outcome": "RolledBack"})


def test_ready_sums_up() -> None:
    """Its reason and message are what a person reads; a hold is the run's."""
    conditions = [{"type": "Stalled", "reason": "No"}, {"type": "Ready", "reason": "Paused", "message": "by hand"}]
    seen = Rollout({"status": {"conditions": conditions, "run": {"id": "v2-1", "hold": {"reason": "Paused"}}}})
    assert (seen.reason, seen.message, seen.held, seen.run) == ("Paused", "by hand", True, "v2-1")
