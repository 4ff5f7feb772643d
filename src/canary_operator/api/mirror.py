"""How requests are mirrored: copies go to the canary, and nobody sees what it answers."""

from canary_operator.api.model import Model


class Mirror(Model):
    allow_unsafe: bool = False
    """Mirror every method, not GET and HEAD only. A copy of an order is an order: only where the canary writes to
    nothing that counts."""
