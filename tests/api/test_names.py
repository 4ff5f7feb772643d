from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from canary_operator.api.names import LabelKey, ObjectName, RevisionName, ServiceName, SniHost

GOOD = [
    (ObjectName, ["checkout", "checkout.v2", "0a"]),
    (ServiceName, ["checkout", "c", "9-checkout"]),
    (LabelKey, ["app", "app.kubernetes.io/name", "App_x.y"]),
    (RevisionName, ["v1.4.2", "2026-11-23", "A"]),
    (SniHost, ["*", "*.example.com", "shop.example.com", "shop"]),
]
WRONG = [
    (ObjectName, ["", "Checkout", "a..b", ".a", "a-", "a_b", "a" * 236, "a\n"]),
    (ServiceName, ["", "checkout.shop", "-a", "a" * 64]),
    (LabelKey, ["", "/app", "app/", "a b", "x/y/z", "App.io/x"]),
    (RevisionName, ["", "-v1", "v1-", "v 1", "a" * 64]),
    (SniHost, ["", "*shop", "shop.*", "Shop.example.com", "shop.example.com.", "a..b"]),
]


@pytest.mark.parametrize(("kind", "texts"), GOOD)
def test_a_name_that_the_cluster_takes_is_taken(kind: Any, texts: list[str]) -> None:
    """We refuse no name that an existing object may have."""
    adapter = TypeAdapter[str](kind)
    assert [adapter.validate_python(text) for text in texts] == texts


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in WRONG for text in texts])
def test_a_name_that_no_object_can_have_is_refused_with_an_example(kind: Any, text: str) -> None:
    """A typo is found when it is written, not when nothing happens."""
    with pytest.raises(ValidationError, match="such as"):
        TypeAdapter[str](kind).validate_python(text)
