from testbed.kubelet.counters import BUCKETS, Counters, Gauged, exposition


def page(counters: Counters) -> list[str]:
    containers = {"app": Gauged(megabytes=50, restarts=2), "agent": Gauged(megabytes=10)}
    return exposition(counters, {"destination_workload": "checkout"}, containers).decode().splitlines()


def test_requests_are_counted_by_code() -> None:
    """Each status has a series of its own; one that never happened has none."""
    counters = Counters()
    for code in (200, 200, 500):
        counters.add(code, 3.0)
    lines = page(counters)
    assert 'istio_requests_total{destination_workload="checkout",response_code="200"} 2' in lines
    assert 'istio_requests_total{destination_workload="checkout",response_code="500"} 1' in lines
    assert not any(line.startswith("istio_requests_total") for line in page(Counters()))


def test_buckets_are_cumulative_and_include_their_bound() -> None:
    """A request of exactly 25 ms is in le="25"; the last bucket holds all."""
    counters = Counters()
    for milliseconds in (0.0, 25.0, 25.1, 9e9):
        counters.add(200, milliseconds)
    values = [int(line.rsplit(" ", 1)[1]) for line in page(counters) if "_bucket{" in line]
    expected = [1, 1, 1, 1, 2, 3]
    assert values[:6] == expected
    assert values[-1] == 4
    assert len(values) == len(BUCKETS) + 1


def test_orders_are_on_the_page() -> None:
    """What the application would export."""
    assert 'orders_paid_total{workload="checkout"} 7' in page(Counters(orders_paid=7))


def test_each_container_has_its_memory_and_its_restarts() -> None:
    """What cAdvisor and kube-state-metrics would export; the process is all of them together."""
    lines = page(Counters())
    assert f'container_memory_working_set_bytes{{container="app"}} {50 * 1024 * 1024}' in lines
    assert f'container_memory_working_set_bytes{{container="agent"}} {10 * 1024 * 1024}' in lines
    assert f"process_resident_memory_bytes {60 * 1024 * 1024}" in lines
    assert 'kube_pod_container_status_restarts_total{container="app"} 2' in lines
    assert 'kube_pod_container_status_restarts_total{container="agent"} 0' in lines
