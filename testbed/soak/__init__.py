"""Random releases, orders, edits and outages on a real cluster, while another process watches what must always hold.

person (one per shop)  releases, orders, edits, deletes ──┐
outages                kill, freeze, stop, restart ───────┼─► chronicle ─► observer: scenes ─► invariants
the operators, the API, Envoy ────────────────────────────┴─────────────►
"""

from testbed.soak.command import main

__all__ = ["main"]
