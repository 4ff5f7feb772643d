"""The operator on a testbed: installed from `deploy/`, and run as `deploy/` says, but without a container.

There is no image to start, and the testbed's kubelet plays its pods anyway. So everything in `deploy/` is applied
except the operator's own Deployment: that one is read, and followed as far as a plain process can.
"""

from testbed.operator.install import install, lend_leadership
from testbed.operator.process import OperatorProcess

__all__ = ["OperatorProcess", "install", "lend_leadership"]
