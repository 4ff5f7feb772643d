from random import Random

from testbed.kubelet.settings import behaviour_of
from testbed.soak import tags


def dice(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 -- they choose releases


def test_tags_say_what_the_kubelet_plays() -> None:
    """All kinds come, and nobody takes a bad one for a good one."""
    drawn = [tags.draw(dice(seed), 2) for seed in range(200)]
    for tag in drawn:
        behaviour = behaviour_of({"image": f"shop/checkout:{tag}"})
        assert tags.is_good(tag) == (behaviour.error_rate == 0 and not behaviour.never_ready)
        assert tags.is_hopeless(tag) == (behaviour.error_rate >= 0.5)
    assert {"v2", "v2-e50", "v2-e3", "v2-neverready", "v2-r1"} <= set(drawn)


def test_a_seed_means_the_same_releases() -> None:
    """Two soaks with it intend the same."""
    first, second = dice("7-0"), dice("7-0")
    assert [tags.draw(first, n) for n in range(20)] == [tags.draw(second, n) for n in range(20)]
