"""Several objects written in one step of a run, each by itself: what is said when some of them could not be."""

import asyncio
from collections.abc import Coroutine, Sequence

from canary_operator.errors import CanaryError, Conflict, InvalidCanary, NotLeading, Refused, Unavailable

_URGENCY = (NotLeading, Conflict, InvalidCanary, Refused, Unavailable)
"""The first kind that came decides when the pass is repeated: a conflict at once, a refusal after a while."""


async def all_attempted(writes: Sequence[Coroutine[None, None, None]]) -> None:
    """All at the same time, so that none waits for another one, and none is kept from it by another one's failure.

    Raises:
        CanaryError: of the most urgent kind among those that came, in the words of all.
    """
    if len(writes) == 1:
        await writes[0]
        return
    answers = await asyncio.gather(*writes, return_exceptions=True)
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    for failure in failures:
        if not isinstance(failure, CanaryError):
            raise failure
    if failures:
        raise _said([failure for failure in failures if isinstance(failure, CanaryError)])


def _said(failures: Sequence[CanaryError]) -> CanaryError:
    first = min(failures, key=_rank)
    words = "; ".join(dict.fromkeys(str(failure) for failure in sorted(failures, key=_rank)))
    return InvalidCanary(first.reason, words) if isinstance(first, InvalidCanary) else type(first)(words)


def _rank(failure: CanaryError) -> int:
    return next((rank for rank, kind in enumerate(_URGENCY) if isinstance(failure, kind)), len(_URGENCY))
