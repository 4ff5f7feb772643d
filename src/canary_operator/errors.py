"""The three errors of this product. Everything expected is a value; these are for the rest."""


class CanaryError(Exception):
    """Any failure that the operator itself raises."""


class InvalidCanary(CanaryError):
    """The user must act: names the field, the value and the cure."""

    def __init__(self, reason: str, message: str) -> None:
        """Reason is a constant of `api.reasons`; message is one sentence for the user."""
        super().__init__(message)
        self.reason = reason
        self.message = message


class Unavailable(CanaryError):
    """The outside did not do it this time; try again."""


class Conflict(Unavailable):
    """The object is no longer the one that was decided on; read it again and decide again."""


class Refused(Unavailable):
    """The API server rejected this very write; the same write will be rejected again until something changes."""


class Gone(Conflict):
    """The object that was to be changed does not exist any more."""


class NotLeading(Unavailable):
    """This process may not write now: another one leads, or nobody could be asked."""
