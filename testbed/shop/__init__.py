"""An application to release: its manifests, what a person does to it, and what can be seen of it meanwhile."""

from testbed.shop.http_route import HTTPRouteShop
from testbed.shop.manifests import CANARY, NAME, Manifest, application, rollout
from testbed.shop.reader import Reader
from testbed.shop.seen import Rollout
from testbed.shop.share import canary_share
from testbed.shop.shop import Shop
from testbed.shop.subsets import SubsetShop
from testbed.shop.traffic import Traffic

__all__ = [
    "CANARY",
    "NAME",
    "HTTPRouteShop",
    "Manifest",
    "Reader",
    "Rollout",
    "Shop",
    "SubsetShop",
    "Traffic",
    "application",
    "canary_share",
    "rollout",
]
