import json

import pytest

from canary_operator.errors import CanaryError, Conflict, Gone, Refused, Unavailable
from canary_operator.providers.answers import Answer, Throttled


def an_answer(status: int, content: bytes = b'{"message": "because"}', retry_after: str | None = None) -> Answer:
    return Answer(status, content, retry_after, "patch /apis/apps/v1/deployments/web")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Unavailable),
        (403, Refused),
        (404, Gone),
        (409, Conflict),
        (410, Unavailable),
        (422, Refused),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_each_status_is_one_of_our_errors(status: int, kind: type[CanaryError]) -> None:
    """Refused means the same write fails again; Unavailable means that it may not; the server's words are kept."""
    with pytest.raises(CanaryError, match="web: because") as error:
        an_answer(status).body()
    assert type(error.value) is kind


def test_a_good_answer_is_its_json() -> None:
    """The body is the object as the server sent it."""
    assert an_answer(201, json.dumps({"kind": "Pod"}).encode()).body() == {"kind": "Pod"}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]"])
def test_something_in_between_that_says_ok_is_not_believed(content: bytes) -> None:
    """A proxy's page with status 200 is no object."""
    with pytest.raises(Unavailable):
        an_answer(200, content).body()


def test_a_page_in_place_of_an_error_is_quoted() -> None:
    """Where the API server did not answer, the beginning of what came instead is shown."""
    assert an_answer(502, b"Bad gateway of ACME\n").message == "502 Bad gateway of ACME"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), (None, 1), ("Tue, 24 Nov 2026 15:00:00 GMT", 1)])
def test_throttling_says_how_long(header: str | None, seconds: float) -> None:
    """Without the header it is a second, as client-go does it; a date, which only a proxy sends, is no error."""
    error = an_answer(429, retry_after=header).error()
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds
