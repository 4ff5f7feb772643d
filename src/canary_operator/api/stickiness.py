"""Users who stay with the version that chance gave them."""

from typing import Annotated

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.names import CookieName
from canary_operator.api.quantities import Duration, Share

ShareOfSome = Annotated[Share, Field(lt=1)]
"""A share that leaves somebody to be drawn later."""


class StickyCookie(Model):
    name: CookieName | None = None
    """Name of the cookie, another one for each rollout behind one host. Default: `canary-operator.` with the namespace
    and the name of the CanaryRollout, which no other rollout has."""
    ttl: Duration | None = None
    """How long a browser keeps it, at least maxDuration; it means nothing once its run is over. Default: twice
    maxDuration, so that a run may be held for as long again."""
    secure: bool = True
    """Whether browsers return it through TLS only. `false` where users come by plain HTTP, who would else be drawn
    again at each request."""


class Stickiness(Model):
    cookie: StickyCookie
    """The cookie that both versions set for whoever they get by chance; `{}` takes every default. HttpOnly,
    SameSite=Lax, Path=/, for the host that was asked."""
