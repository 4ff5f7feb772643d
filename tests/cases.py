"""How many cases a property is tried with."""

from hypothesis import settings

_QUICK = 5


def cases(number: int) -> int:
    """So many, or in `make check`, while somebody waits, a fifth of them."""
    return number // _QUICK if settings.get_current_profile_name() == "quick" else number
