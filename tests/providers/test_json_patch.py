from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers import json_patch

KEYS = st.text(min_size=1, max_size=20)


@given(key=KEYS, value=KEYS, present=st.none() | st.dictionaries(KEYS, KEYS, max_size=3))
def test_an_annotation_can_be_put_and_dropped_on_any_object(
    key: str, value: str, present: dict[str, str] | None
) -> None:
    """Whatever characters a key has and whether or not there are annotations, only that one changes."""
    metadata: dict[str, Any] = {"uid": "u", "resourceVersion": "7"}
    body = {"metadata": metadata | ({} if present is None else {"annotations": present})}
    put = jsonpatch.apply_patch(body, list(json_patch.put_metadata(body, "annotations", key, value)))
    assert put["metadata"]["annotations"] == {**(present or {}), key: value}
    dropped = jsonpatch.apply_patch(put, list(json_patch.drop_metadata(put, "annotations", key)))
    assert dropped["metadata"]["annotations"] == {name: old for name, old in (present or {}).items() if name != key}


def test_what_is_not_there_is_not_dropped() -> None:
    """Removing an absent path is an error of JSON Patch, so it is left out."""
    assert json_patch.drop_metadata({"metadata": {}}, "labels", "a") == ()


def test_a_pointer_escapes_what_separates() -> None:
    """`/` and `~` inside a key are written as RFC 6901 says."""
    assert json_patch.pointer("metadata", "a/b~c", 0) == "/metadata/a~1b~0c/0"
