"""What all pods of one kubelet share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from testbed.kubelet.addresses import Addresses
from testbed.kubelet.api import Api
from testbed.kubelet.identity import Service
from testbed.kubelet.targets import Targets


@dataclass(frozen=True, slots=True)
class Stage:
    api: Api
    addresses: Addresses
    targets: Targets
    services: Callable[[], Iterable[Service]]
    """All Services of the cluster, as they are now."""
    chance: Random
