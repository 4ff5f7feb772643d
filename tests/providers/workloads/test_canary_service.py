from canary_operator.providers.workloads.canary_service import canary_service, renewing
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.marks import ROLLOUT
from tests.doubles.shop import a_service, a_target

APP = Override("app", "checkout", "checkout-canary")


def test_the_canary_service_is_stables_in_front_of_canary_pods() -> None:
    """Ports with their protocols, one other label, an address inside the cluster, and no address of stable's."""
    port = {"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "http2", "nodePort": 30080}
    stable = a_service(
        selector={"app": "checkout", "tier": "web"},
        ports=[port],
        type="LoadBalancer",
        clusterIP="10.0.0.7",
        clusterIPs=["10.0.0.7"],
        sessionAffinity="ClientIP",
        externalTrafficPolicy="Local",
    )
    assert canary_service(a_target(), stable, APP)["spec"] == {
        "type": "ClusterIP",
        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "http2"}],
        "selector": {"app": "checkout-canary", "tier": "web"},
        "sessionAffinity": "ClientIP",
    }


def test_only_what_the_mesh_reads_is_copied() -> None:
    """Istio's labels and annotations come along; those of other tools would give the Service away to them."""
    stable = a_service()
    stable["metadata"]["labels"] = {"istio.io/use-waypoint": "shop", "app.kubernetes.io/instance": "shop"}
    stable["metadata"]["annotations"] = {"networking.istio.io/exportTo": ".", "meta.helm.sh/release-name": "shop"}
    metadata = canary_service(a_target(), stable, APP)["metadata"]
    assert metadata == {
        "name": "checkout-canary",
        "namespace": "shop",
        "labels": {
            "istio.io/use-waypoint": "shop",
            ROLLOUT: "checkout",
            "app.kubernetes.io/managed-by": "canary-operator",
        },
        "annotations": {"networking.istio.io/exportTo": "."},
    }


def test_our_service_follows_what_stable_became() -> None:
    """A port that stable got since is ours too; what others wrote on our Service stays, and nothing new is no write."""
    ours = canary_service(a_target(), a_service(), APP)
    ours["metadata"]["labels"]["team"] = "shop"
    assert renewing(ours, canary_service(a_target(), a_service(), APP)) == []
    ports = [{"name": "http", "port": 8080, "targetPort": 8080}]
    stable = a_service(selector={"app": "checkout", "tier": "web"}, ports=ports)
    stable["metadata"]["labels"] = {"istio.io/use-waypoint": "shop"}
    wanted = canary_service(a_target(), stable, APP)
    assert renewing(ours, wanted) == [
        {"op": "add", "path": "/spec/ports", "value": ports},
        {"op": "add", "path": "/spec/selector", "value": {"app": "checkout-canary", "tier": "web"}},
        {
            "op": "add",
            "path": "/metadata/labels",
            "value": {**ours["metadata"]["labels"], "istio.io/use-waypoint": "shop"},
        },
    ]
