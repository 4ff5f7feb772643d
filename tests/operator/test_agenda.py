from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.operator.agenda import TURNS, Agenda, Turn

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_marked_rollout_is_taken_once() -> None:
    """However often it is marked before its pass, one pass answers."""
    agenda = Agenda()
    agenda.mark("a", NOON)
    agenda.mark("a", after(1))
    assert agenda.take(after(2)) == Turn("a", NOON)
    agenda.finish("a", None)
    assert agenda.take(after(3)) is None


def test_one_rollout_is_never_in_flight_twice() -> None:
    """What happens during a pass calls for another one, after it and not beside it."""
    agenda = Agenda()
    agenda.mark("a", NOON)
    agenda.take(NOON)
    agenda.mark("a", after(1))
    assert agenda.take(after(2)) is None
    agenda.finish("a", after(60))
    assert agenda.take(after(2)) == Turn("a", after(1))


def test_an_alarm_rings_at_its_time() -> None:
    """A pass that asked to be made again at some time is made then, and counts as due since then."""
    agenda = Agenda()
    agenda.alarm("a", after(10))
    assert agenda.next_alarm() == after(10)
    assert agenda.take(after(9.9)) is None
    assert agenda.take(after(12)) == Turn("a", after(10))


def test_a_pass_withdraws_the_alarm_of_the_one_before() -> None:
    """Only the newest wish counts: an early pass leaves no stale alarm behind."""
    agenda = Agenda()
    agenda.alarm("a", after(10))
    agenda.mark("a", NOON)
    agenda.take(NOON)
    agenda.finish("a", after(100))
    assert agenda.next_alarm() == after(100)
    assert agenda.take(after(50)) is None


def test_an_alarm_may_be_brought_forward() -> None:
    """The last alarm of a rollout is the one that rings."""
    agenda = Agenda()
    agenda.alarm("a", after(10))
    agenda.alarm("a", after(5))
    assert agenda.take(after(6)) == Turn("a", after(5))
    agenda.finish("a", None)
    assert agenda.take(after(20)) is None


def test_a_run_goes_before_a_thousand_idle_rollouts() -> None:
    """A breach may be present in it."""
    agenda = Agenda()
    for number in range(1000):
        agenda.mark(f"idle-{number}", NOON)
    agenda.prefer("busy", urgent=True)
    agenda.mark("busy", after(1))
    assert agenda.take(after(2)) == Turn("busy", after(1))


def test_a_rollout_that_waits_already_is_preferred_as_well() -> None:
    """Preference is about the rollout and not about the moment at which it was marked."""
    agenda = Agenda()
    agenda.mark("idle", NOON)
    agenda.mark("busy", after(1))
    agenda.prefer("busy", urgent=True)
    assert agenda.take(after(2)) == Turn("busy", after(1))
    agenda.finish("busy", None)
    assert agenda.waiting == 1


def test_idle_rollouts_get_a_turn_in_the_end() -> None:
    """Runs that are due all the time do not starve the others."""
    agenda = Agenda()
    agenda.mark("idle", NOON)
    for number in range(100):
        agenda.prefer(f"busy-{number}", urgent=True)
        agenda.mark(f"busy-{number}", NOON)
    taken = [turn.uid for _ in range(TURNS + 1) if (turn := agenda.take(NOON))]
    assert taken[-1] == "idle"
    assert "idle" not in taken[:-1]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["mark", "alarm", "take", "finish", "prefer"]), st.sampled_from("abc"), st.integers(0, 9)
        )
    )
)
def test_nothing_that_was_marked_is_ever_lost(script: list[tuple[str, str, int]]) -> None:
    """After any history, everything marked since its last pass began is still taken."""
    agenda, owed, flying, now = Agenda(), set[str](), set[str](), NOON
    for verb, uid, number in script:
        now += timedelta(seconds=1)
        match verb:
            case "mark":
                agenda.mark(uid, now)
                owed.add(uid)
            case "alarm" if uid not in flying:
                agenda.alarm(uid, now + timedelta(seconds=number))
                owed.add(uid)
            case "prefer":
                agenda.prefer(uid, urgent=number % 2 == 0)
            case "take" if (turn := agenda.take(now)) is not None:
                assert turn.uid not in flying
                flying.add(turn.uid)
                owed.discard(turn.uid)
            case "finish" if uid in flying:
                agenda.finish(uid, None)
                flying.discard(uid)
    for uid in flying:
        agenda.finish(uid, None)
    end = now + timedelta(hours=1)
    left = {turn.uid for _ in range(10) if (turn := agenda.take(end)) is not None}
    assert owed <= left
