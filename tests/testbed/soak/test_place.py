"""From what the API tells, version by version, to scenes."""

from typing import Any

from testbed.shop import CANARY, NAME
from testbed.shop.manifests import deployment, route
from testbed.soak.chronicle import Entry, Phase
from testbed.soak.observer.order import Order
from testbed.soak.observer.place import Place
from testbed.soak.observer.scene import News, Scene
from testbed.soak.observer.watching import Change

SHOP = "soak-1"
NEVER = float("inf")


def a_change(kind: str, name: str, at: float, body: dict[str, Any] | None, version: int = 1) -> Change:
    return Change(kind, SHOP, name, version, at, body)


def a_slice(at: float, ready: int) -> Change:
    body = {"metadata": {"labels": {"kubernetes.io/service-name": CANARY}}, "endpoints": [{}] * ready}
    return a_change("endpointslices", "slice", at, body)


def a_fault(at: float, phase: Phase, what: str = "an operator killed", place: str = "", number: int = 1) -> Entry:
    return Entry(at, phase, what, place, number)


def taken(place: Place, change: Change) -> Scene:
    scene = place.take(change)
    assert scene is not None
    return scene


def test_changes_come_in_the_order_of_their_versions() -> None:
    """One that was told later and written earlier comes first; a young one holds back what was written after it."""
    order = Order()
    for version, at in ((7, 10.0), (5, 11.0), (9, 10.5), (8, 14.0)):
        order.put(a_change("deployments", NAME, at, None, version))
    assert [change.version for change in order.due(12.0)] == [5, 7]
    assert [change.version for change in order.due(14.0)] == [8, 9]


def test_a_route_knows_the_version_before_it() -> None:
    """And whose hand wrote it; other news has no version before."""
    place = Place(SHOP)
    body = route("checkout.example")
    assert taken(place, a_change("virtualservices", NAME, 1.0, body)).before is None
    second = taken(place, a_change("virtualservices", NAME, 2.0, body))
    assert second.by_operator
    body["metadata"]["annotations"]["soak.example/edits"] = "1"
    assert not taken(place, a_change("virtualservices", NAME, 3.0, body)).by_operator
    assert not place.tick(4.0).by_operator


def test_since_when_the_canary_has_no_pods() -> None:
    """From the moment that the last one went, however often it is said again."""
    place = Place(SHOP)
    assert taken(place, a_slice(10.0, 2)).canary_gone_since is None
    assert taken(place, a_slice(11.0, 0)).canary_gone_since == 11.0
    assert taken(place, a_slice(12.0, 0)).canary_gone_since == 11.0
    assert taken(place, a_slice(13.0, 1)).canary_gone_since is None
    gone = taken(place, a_change("endpointslices", "slice", 14.0, None))
    assert (gone.canary_pods, gone.canary_gone_since) == (0, 14.0)


def test_the_two_deployments() -> None:
    """By name; any other is no news."""
    place = Place(SHOP)
    body = deployment("v2", 1)
    body["metadata"]["generation"] = 1
    assert taken(place, a_change("deployments", NAME, 1.0, body)).news is News.STABLE
    assert taken(place, a_change("deployments", CANARY, 2.0, body)).news is News.CANARY
    assert place.take(a_change("deployments", "other", 3.0, body)) is None
    assert taken(place, a_change("deployments", CANARY, 4.0, None)).canary is None


def test_calm_begins_when_the_last_fault_is_over() -> None:
    """Those of another shop are no concern of this one."""
    place = Place(SHOP)
    place.hear(a_fault(1.0, Phase.BEGINS))
    place.hear(a_fault(2.0, Phase.BEGINS, place=SHOP, number=2))
    place.hear(a_fault(3.0, Phase.OVER))
    assert place.scene.calm_since == NEVER
    place.hear(a_fault(4.0, Phase.OVER, place=SHOP, number=2))
    place.hear(a_fault(5.0, Phase.BEGINS, place="soak-2", number=3))
    assert (place.scene.calm_since, place.scene.mesh_calm_since) == (4.0, 0.0)


def test_blind_only_while_it_is_certain() -> None:
    """From the moment that Prometheus is gone to the one in which it is called back."""
    place, since = Place(SHOP), []
    for at, phase in enumerate((Phase.BEGINS, Phase.STANDS, Phase.EASES, Phase.OVER)):
        place.hear(a_fault(float(at), phase, "prometheus stopped"))
        since.append(place.scene.blind_since)
    assert since == [None, 1.0, None, None]


def test_without_istiod_the_gateway_may_be_behind() -> None:
    """Until it is back."""
    place = Place(SHOP)
    place.hear(a_fault(1.0, Phase.BEGINS, "istiod killed"))
    assert place.scene.mesh_calm_since == NEVER
    place.hear(a_fault(3.0, Phase.OVER, "istiod killed"))
    assert place.scene.mesh_calm_since == 3.0


def test_an_order_counts_until_it_is_gone() -> None:
    """The operator takes it away when it obeys, and what it does then was asked for."""
    place = Place(SHOP)
    metadata: dict[str, Any] = {"uid": "u", "annotations": {"canary-operator.dev/promote": "true"}}
    assert taken(place, a_change("canaryrollouts", NAME, 5.0, {"metadata": metadata})).asked_at == 5.0
    for at in (8.0, 9.0):
        scene = taken(place, a_change("canaryrollouts", NAME, at, {"metadata": {"uid": "u"}}))
        assert scene.asked_at == 8.0


def test_counts_of_the_gateway() -> None:
    """They stay until there are new ones."""
    place = Place(SHOP)
    assert place.tick(1.0, {"canary_requests": 5, "stable_refused": 0}).news is News.COUNTS
    assert (place.tick(2.0).news, place.tick(2.0).canary_requests) == (News.TIME, 5)
