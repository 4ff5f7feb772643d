import pytest

from canary_operator.errors import CanaryError, Conflict, InvalidCanary, NotLeading, Refused, Unavailable
from canary_operator.providers.traffic.several import all_attempted


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([Unavailable("a"), Refused("b")], Refused),
        ([Refused("a"), InvalidCanary("Why", "b")], InvalidCanary),
        ([InvalidCanary("Why", "a"), Conflict("b")], Conflict),
        ([Conflict("a"), NotLeading("b")], NotLeading),
    ],
)
async def test_the_most_urgent_failure_speaks_for_all(errors: list[CanaryError], kind: type[CanaryError]) -> None:
    """Whoever may not write at all waits, a conflict is decided anew at once, and a refusal is shown."""

    async def fails(error: CanaryError) -> None:
        raise error

    with pytest.raises(kind, match="b; a"):
        await all_attempted([fails(error) for error in errors])
