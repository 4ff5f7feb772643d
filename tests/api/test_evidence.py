import pytest
from pydantic import BaseModel, ValidationError

from canary_operator.api.evidence import Alone, Evidence, Tally

FIELDS = {"looks": 3, "suspicion": 0.5, "alone": Alone(ceiling=0.2)}


@pytest.mark.parametrize("before", [Tally(key="slow", phi=2.0), Evidence(looks=2, warm=True, stage_canary=7.0)])
def test_a_change_is_what_pydantic_makes_of_it(before: Tally) -> None:
    """Whatever a model consists of, by pydantic's own slots; only which fields were set is not noted."""
    slots = [name for name in BaseModel.__slots__ if name != "__pydantic_fields_set__"]
    changed, copied = before.changed(FIELDS), before.model_copy(update=FIELDS)
    assert "__pydantic_private__" in slots
    assert [getattr(changed, name) for name in slots] == [getattr(copied, name) for name in slots]
    assert (changed, type(changed), hash(changed)) == (copied, type(copied), hash(copied))
    assert changed.model_dump_json() == copied.model_dump_json()


def test_a_change_leaves_what_was_alone() -> None:
    before = Evidence(looks=2)
    after = before.changed({"looks": 3})
    assert (before.looks, after.looks) == (2, 3)
    with pytest.raises(ValidationError, match="frozen"):
        after.looks = 4  # type: ignore[misc]
