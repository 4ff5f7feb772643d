from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from canary_operator.errors import Unavailable
from canary_operator.operator.leadership import (
    CALL_SECONDS,
    DURATION_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    RIGHT_SECONDS,
    Candidate,
    Leadership,
    RightToWrite,
)
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import LEASES
from tests.doubles.kubernetes import InMemoryKubernetes

KEY = ("leases", "ops", "canary-operator")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Process:
    """One candidate with its own view of the time that all share."""

    server: InMemoryKubernetes
    clock: Clock
    identity: str
    heard: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.right = RightToWrite(self.clock)
        candidate = Candidate("ops", "canary-operator", self.identity)
        api = cast("Kubernetes", self.server)
        self.leadership = Leadership(api, self.right, candidate, told=(self.heard.append,), clock=self.clock)

    async def step(self) -> float:
        return await self.leadership.step()


@pytest.fixture
def server() -> InMemoryKubernetes:
    return InMemoryKubernetes()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def one(server: InMemoryKubernetes, clock: Clock) -> Process:
    return Process(server, clock, "one")


@pytest.fixture
def two(server: InMemoryKubernetes, clock: Clock) -> Process:
    return Process(server, clock, "two")


def holder(server: InMemoryKubernetes) -> Any:
    return server.objects[KEY]["spec"]["holderIdentity"]


def fails(server: InMemoryKubernetes) -> None:
    def lost() -> None:
        raise Unavailable("nobody answers")

    server.before_write = lost


async def test_the_first_candidate_makes_the_lease(server: InMemoryKubernetes, one: Process) -> None:
    """There is none at first, and it is ours at once."""
    assert not one.right.holds()
    assert await one.step() == RENEW_SECONDS
    assert holder(server) == "one"
    assert one.right.holds()
    assert one.heard == [True]


async def test_a_lease_that_changes_is_never_taken(one: Process, two: Process, clock: Clock) -> None:
    """Two processes never lead together while the holder renews."""
    await one.step()
    for _ in range(20):
        clock.now += RENEW_SECONDS
        await one.step()
        assert await two.step() == POLL_SECONDS
        assert not two.right.holds()


async def test_a_dead_holder_is_followed_after_the_lease(one: Process, two: Process, clock: Clock) -> None:
    """Not before it has gone unchanged for its whole duration under the candidate's eyes."""
    await one.step()
    await two.step()
    clock.now += DURATION_SECONDS
    await two.step()
    assert not two.right.holds()
    clock.now += 0.1
    await two.step()
    assert two.right.holds()
    assert not one.right.holds()


async def test_only_what_was_watched_counts(one: Process, two: Process, clock: Clock) -> None:
    """A candidate that comes late believes no written time: clocks differ."""
    await one.step()
    clock.now += 1000
    await two.step()
    assert not two.right.holds()


async def test_the_right_ends_after_the_sending_and_not_the_answer(
    server: InMemoryKubernetes, one: Process, clock: Clock
) -> None:
    """An answer that took long gives no time back."""

    def slowly() -> None:
        clock.now += 2

    server.before_write = slowly
    sent = clock.now
    await one.step()
    clock.now = sent + RIGHT_SECONDS - 0.01
    assert one.right.holds()
    clock.now = sent + RIGHT_SECONDS
    assert not one.right.holds()


async def test_the_right_ends_before_anybody_may_take_the_lease() -> None:
    """Whoever was frozen between the two may send a write, but may not begin one."""
    assert RIGHT_SECONDS < DURATION_SECONDS


async def test_the_right_ends_without_an_api_server(server: InMemoryKubernetes, one: Process, clock: Clock) -> None:
    """Renewals are tried often while there is time, and then the process stops leading by itself."""
    await one.step()
    while one.right.holds():
        clock.now += 0.5
        fails(server)
        assert await one.step() <= RENEW_SECONDS
    assert one.heard == [True, False]


async def test_a_failed_renewal_is_tried_again_soon(server: InMemoryKubernetes, one: Process, clock: Clock) -> None:
    """One lost answer costs no leadership."""
    await one.step()
    clock.now += RENEW_SECONDS
    fails(server)
    assert await one.step() < 1
    clock.now += 0.5
    await one.step()
    assert one.heard == [True]
    assert one.right.left() == RIGHT_SECONDS


async def test_a_slow_api_server_costs_no_leadership(server: InMemoryKubernetes, one: Process, clock: Clock) -> None:
    """While each call takes just less than its timeout the right to write never ends."""

    def slowly() -> None:
        clock.now += CALL_SECONDS - 0.1
        server.before_write = slowly

    await one.step()
    server.before_write = slowly
    for _ in range(20):
        clock.now += await one.step()
        assert one.right.holds()
    assert one.heard == [True]


async def test_a_renewal_that_hangs_leaves_time_for_another(
    server: InMemoryKubernetes, one: Process, clock: Clock
) -> None:
    """The timeout is over before the right is, and nobody waits then."""

    def hangs() -> None:
        clock.now += CALL_SECONDS
        raise Unavailable("timeout")

    clock.now += await one.step()
    server.before_write = hangs
    assert await one.step() == 0
    await one.step()
    assert one.heard == [True]


async def test_who_lost_the_lease_stops_at_once(one: Process, two: Process, clock: Clock) -> None:
    """A holder that slept too long finds somebody else and does not write any more."""
    await one.step()
    await two.step()
    clock.now += DURATION_SECONDS + 0.1
    await two.step()
    await one.step()
    await one.step()
    assert not one.right.holds()
    assert one.heard == [True, False]


async def test_two_candidates_that_try_together_do_not_both_win(server: InMemoryKubernetes, one: Process) -> None:
    """The write tests the version that was read."""
    server.seed(LEASES, {"metadata": {"name": "canary-operator", "namespace": "ops"}, "spec": {"holderIdentity": ""}})
    stolen = dict(server.objects[KEY])

    def the_other_one_was_faster() -> None:
        stolen["spec"] = {"holderIdentity": "two"}
        server.seed(LEASES, stolen)

    server.before_write = the_other_one_was_faster
    await one.step()
    assert not one.right.holds()
    assert holder(server) == "two"


async def test_a_clean_exit_gives_the_lease_back(
    server: InMemoryKubernetes, one: Process, two: Process, clock: Clock
) -> None:
    """The next look of another candidate takes it."""
    await one.step()
    await two.step()
    await one.leadership.release()
    assert holder(server) == ""
    assert not one.right.holds()
    clock.now += POLL_SECONDS
    await two.step()
    assert two.right.holds()


async def test_a_standby_gives_nothing_back(server: InMemoryKubernetes, one: Process, two: Process) -> None:
    """Its exit does not touch the leader's Lease."""
    await one.step()
    await two.step()
    await two.leadership.release()
    assert holder(server) == "one"


async def test_a_restarted_container_takes_its_own_lease_at_once(
    server: InMemoryKubernetes, one: Process, clock: Clock
) -> None:
    """The pod's name stays, so nobody else can be meant."""
    await one.step()
    clock.now += 1
    again = Process(server, clock, "one")
    await again.step()
    assert again.right.holds()


async def test_a_renewal_is_one_call(server: InMemoryKubernetes, one: Process, clock: Clock) -> None:
    """The holder knows what it wrote and need not ask."""
    await one.step()
    server.calls.clear()
    clock.now += RENEW_SECONDS
    await one.step()
    assert [call.verb for call in server.calls] == ["patch"]
