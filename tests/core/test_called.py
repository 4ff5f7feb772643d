from dataclasses import replace

from canary_operator.api.status import State, Status
from canary_operator.core.called import called, the_newest, the_shipped, the_stable
from canary_operator.core.decide import decide
from canary_operator.core.world import World
from tests.doubles.memory import NOON
from tests.doubles.story import a_spec
from tests.doubles.worlds import DEPLOYMENT

HASH = "0ffc8046827333060f77"


def test_a_revision_is_called_by_its_images() -> None:
    """With the beginning of its hash, because two revisions may have the same images."""
    assert called(HASH, "checkout:v2") == "checkout:v2 (0ffc804682)"


def test_a_revision_that_a_user_named_keeps_its_name() -> None:
    """Traffic only: nobody knows of any image."""
    assert called("release-2026-11-24", None) == "release-2026-11-24"


def test_a_run_is_told_in_images_from_its_first_word() -> None:
    """Who reads the event knows what follows what."""
    stable = Status(state=State.RESTING, stable_revision="1c588186aef8b2fbeca6", stable_images="checkout:v1")
    facts = replace(DEPLOYMENT, revision=HASH, images="checkout:v2", adopted=True, paused=True, pending=True)
    world = World(
        now=NOON, name="shop/checkout", generation=1, spec=a_spec(), status=stable, saved=stable, deployment=facts
    )
    started = decide(world)
    assert started.finding.message == "checkout:v2 (0ffc804682) follows checkout:v1 (1c588186ae)"
    after = replace(world, status=started.status)
    names = (the_newest(after), the_shipped(after), the_stable(after))
    assert names == ("checkout:v2 (0ffc804682)", "checkout:v2 (0ffc804682)", "checkout:v1 (1c588186ae)")
