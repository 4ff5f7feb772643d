from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """How one reaches the API server and proves who one is: for another client beside ours."""

    server: str
    ca_file: str | None
    verify: bool
    certificate_file: str | None
    key_file: str | None
    scheme: str | None
    """What stands before the token in the Authorization header."""
    token: str | None
