"""What the API server answered, and which of our errors a bad answer is."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from canary_operator.errors import CanaryError, Conflict, Gone, Refused, Unavailable


class Throttled(Unavailable):
    """The API server has too much to do; asking again before `retry_after` seconds makes it worse."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes
    retry_after: str | None
    """The header of this name: seconds, a date, or nothing."""
    call: str
    """What was asked, for messages."""

    def body(self) -> dict[str, Any]:
        """The JSON of a good answer; a bad one is raised as the error that it is."""
        if self.status >= HTTPStatus.BAD_REQUEST:
            raise self.error()
        return self._parsed()

    def error(self) -> CanaryError:
        text = f"{self.call}: {self.message}"
        match self.status:
            case HTTPStatus.NOT_FOUND:
                return Gone(text)
            case HTTPStatus.CONFLICT:
                return Conflict(text)
            case HTTPStatus.TOO_MANY_REQUESTS:
                return Throttled(text, _seconds(self.retry_after))
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.GONE:  # a token or a list that is too old
                return Unavailable(text)
        return Unavailable(text) if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else Refused(text)

    @property
    def message(self) -> str:
        """The API server's own sentence, or what a proxy said in its place."""
        try:
            return str(self._parsed()["message"])
        except (Unavailable, KeyError):
            return f"{self.status} {self.content[:200].decode(errors='replace').strip()}"

    def _parsed(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.content)
        except ValueError as error:
            raise Unavailable(f"{self.call}: the answer is not JSON") from error
        if not isinstance(parsed, dict):
            raise Unavailable(f"{self.call}: the answer is not an object")
        return parsed


def _seconds(retry_after: str | None) -> float:
    """The header may also be a date, which is read as no header: our clock need not be the server's."""
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else 1.0
