"""Between one operator and the API server: sees every call, counts the writes, and spoils what it is told to.

    operator ──plain HTTP/1.1──► Proxy ──TLS──► API server

The operator is pointed at it by a kubeconfig of its own with the operator's own token, so it has the same rights. The
proxy is a thread of its caller, which tells it what to do by plain calls, and with which it ends.
"""

from testbed.proxy.call import Call
from testbed.proxy.ledger import Trap, Write
from testbed.proxy.proxy import Proxy

__all__ = ["Call", "Proxy", "Trap", "Write"]
