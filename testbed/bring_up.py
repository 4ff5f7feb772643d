"""From an empty folder to a cluster that takes weights: what is started, and after what."""

import asyncio
from collections.abc import Callable

from testbed import control_plane, gateway_api, istio
from testbed.api import connected
from testbed.binaries import CRDS
from testbed.crew import Crew
from testbed.envoy import gateway
from testbed.kubelet import kubelet
from testbed.nodes import create_nodes
from testbed.prometheus import prometheus
from testbed.state import State

Tell = Callable[[str], None]


async def bring_up(state: State, crew: Crew, tell: Tell) -> None:
    control_plane.write_files(state)
    await asyncio.gather(crew.add(control_plane.etcd(state)), crew.add(control_plane.apiserver(state)))
    tell(f"the API server answers at {state.apiserver_url}")
    await asyncio.gather(
        _controllers(state, crew, tell),
        _nodes(state, crew, tell),
        _prometheus(state, crew, tell),
        _istio_if_wanted(state, crew, tell),
    )


async def bring_up_istio(state: State, crew: Crew, tell: Tell) -> None:
    async with connected(state) as api:
        definitions = [crd for name in CRDS for crd in istio.crds(state.directory / "bin" / name)]
        await asyncio.gather(istio.create_namespace(api), istio.create_crds(api, definitions))
        tell(f"the {len(definitions)} CRDs of Istio and of the Gateway API are there")
        # In this order: the API server would try for seconds to have the Gateway validated before istiod is there.
        await istio.create_gateway(api, state)
        await gateway_api.create_gateway(api, state)
        await istio.create_webhook(api, state)
    await crew.add(istio.istiod(state))
    tell("istiod is ready")
    await crew.add(gateway(state))
    tell(f"Envoy listens at {state.url('gateway')}")


async def _istio_if_wanted(state: State, crew: Crew, tell: Tell) -> None:
    if state.istio:
        await bring_up_istio(state, crew, tell)


async def _controllers(state: State, crew: Crew, tell: Tell) -> None:
    await asyncio.gather(crew.add(control_plane.controller_manager(state)), crew.add(control_plane.scheduler(state)))
    tell("the controller manager and the scheduler are ready")


async def _nodes(state: State, crew: Crew, tell: Tell) -> None:
    async with connected(state) as api:
        await create_nodes(api)
    await crew.add(kubelet(state))
    tell("two nodes are ready, and the kubelet runs")


async def _prometheus(state: State, crew: Crew, tell: Tell) -> None:
    await crew.add(prometheus(state))
    tell(f"Prometheus is ready at {state.url('prometheus')}")
