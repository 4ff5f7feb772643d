from hypothesis import given
from hypothesis import strategies as st

from canary_operator.operator.shelf import Shelf
from tests.operator.bodies import a_deployment

KEY = ("shop", "checkout")


def test_an_older_copy_is_refused() -> None:
    """A late event does not undo what is known."""
    shelf = Shelf()
    assert shelf.put(a_deployment(version=5))
    assert not shelf.put(a_deployment(version=4))
    assert not shelf.put(a_deployment(version=5))
    assert shelf.version(KEY) == 5


def test_a_deleted_object_does_not_come_back() -> None:
    """The answer to our own write may arrive after the deletion was told."""
    shelf = Shelf()
    shelf.put(a_deployment(version=5))
    assert shelf.drop(KEY, uid="checkout-uid", version=7) is not None
    assert not shelf.put(a_deployment(version=6))
    assert shelf.get(KEY) is None
    assert shelf.knows(KEY)


def test_the_deletion_of_an_earlier_object_spares_its_successor() -> None:
    """Events of two objects with one name come in any order."""
    shelf = Shelf()
    shelf.put(a_deployment(version=9, uid="second"))
    assert shelf.drop(KEY, uid="first", version=8) is None
    assert shelf.get(KEY) is not None


def test_an_object_may_be_made_again() -> None:
    """A newer one takes the place of the one that is gone."""
    shelf = Shelf()
    shelf.put(a_deployment(version=5))
    shelf.drop(KEY, version=6)
    assert shelf.put(a_deployment(version=7, uid="second"))


def test_nothing_known_differs_from_known_to_be_absent() -> None:
    """Absence means something only after it was told."""
    shelf = Shelf()
    assert not shelf.knows(KEY)
    shelf.drop(KEY)
    assert shelf.knows(KEY)
    assert shelf.get(KEY) is None
    assert shelf.held() == set()


@given(st.permutations(list(range(1, 7))))
def test_copies_in_any_order_end_with_the_newest(versions: list[int]) -> None:
    """The order of arrival does not matter."""
    shelf = Shelf()
    for version in versions:
        shelf.put(a_deployment(version=version))
    assert shelf.version(KEY) == 6
