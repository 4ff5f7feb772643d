import re

from canary_operator.providers.metrics.counting import ByConnections, ByConnectionsOfWorkloads, ByPods, ByWorkloads
from canary_operator.providers.metrics.duration_queries import durations
from canary_operator.providers.metrics.queries import NAMES_LIMIT, Service, arm_in, counters, samples
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.subject import Subject
from canary_operator.providers.metrics.tables import Source

CHECKOUT = Service("shop", "checkout")


def test_the_look_asks_for_all_bad_and_scrape_times_of_callers() -> None:
    """One expression, one instant: so counts and scrape times belong together."""
    assert counters([CHECKOUT, Service("shop", "checkout-canary")], {}) == (
        "label_replace(sum by(destination_service_namespace,destination_service_name,reporter,cluster,namespace,pod,"
        'instance,job,prometheus_replica,replica)(istio_requests_total{reporter=~"source|waypoint",'
        'destination_service_namespace=~"shop",destination_service_name=~"checkout|checkout-canary"}),'
        '"class","all","","")'
        " or label_replace(sum by(destination_service_namespace,destination_service_name,reporter,cluster,namespace,"
        'pod,instance,job,prometheus_replica,replica)(istio_requests_total{reporter=~"source|waypoint",'
        'destination_service_namespace=~"shop",destination_service_name=~"checkout|checkout-canary",'
        'response_code=~"5.."} or istio_requests_total{reporter=~"source|waypoint",'
        'destination_service_namespace=~"shop",destination_service_name=~"checkout|checkout-canary",'
        'response_code!~"5..",grpc_response_status=~"2|4|12|13|14|15"}),"class","bad","","")'
        " or label_replace(max by(reporter,cluster,namespace,pod,instance,job,prometheus_replica,replica)"
        '(timestamp(istio_requests_total{reporter=~"source|waypoint",destination_service_namespace=~"shop",'
        'destination_service_name=~"checkout|checkout-canary"})),"class","scraped","","")'
    )


def test_pods_are_asked_by_whose_they_are() -> None:
    """Which Service was called a pod does not know; a point in a Deployment's name stands for nothing else."""
    asked = ByPods({}).counters([Arms(Service("shop", "a.b"), Service("shop", "a.b-canary"), copies=True)])
    chosen = 'reporter=~"destination",destination_workload_namespace=~"shop",destination_workload=~"a[.]b|a[.]b-canary"'
    assert asked.count(chosen) == 4
    assert asked.startswith("label_replace(sum by(destination_workload_namespace,destination_workload,reporter,")
    assert "service" not in asked
    subject = Subject(CHECKOUT, Source("destination", "shop/a"), (("pod", "a"),))
    for question in (
        ByPods({}).history([subject]),
        ByPods({}).durations([subject]),
        ByPods({}).pods_history([subject]),
    ):
        assert question is not None
        assert 'destination_workload=~"checkout"' in question
        assert "service" not in question
    assert ByPods({}).samples(subject) == (
        'istio_requests_total{reporter="destination",pod="a",destination_workload_namespace=~"shop",'
        'destination_workload=~"checkout"}[5m]'
    )


def test_an_answer_says_whose_it_is_by_either_labels() -> None:
    by_callers = {"destination_service_namespace": "shop", "destination_service_name": "checkout"}
    by_pods = {"destination_workload_namespace": "shop", "destination_workload": "checkout"}
    assert arm_in(by_callers) == arm_in(by_pods) == CHECKOUT
    assert arm_in({}) == Service("", "")


def test_the_same_services_give_the_same_question() -> None:
    """Whatever order rollouts were watched in."""
    many = {Service("b", "y"), Service("a", "x"), Service("c", "y")}
    assert counters(many, {}) == counters(sorted(many, reverse=True), {})


def test_a_very_long_list_of_names_is_left_out() -> None:
    """Beyond some hundred Services the names cost more than they save; beyond as many namespaces, those too."""
    names = [Service("shop", f"s{number}") for number in range(NAMES_LIMIT + 1)]
    assert "destination_service_name=~" in counters(names[:-1], {})
    assert "destination_service_name=~" not in counters(names, {})
    assert 'destination_service_namespace=~"shop"' in counters(names, {})
    spaces = [Service(f"n{number}", "s") for number in range(NAMES_LIMIT + 1)]
    assert "destination_service_namespace=~" not in counters(spaces, {})


def test_labels_of_the_configuration_stand_in_every_selector() -> None:
    """Quotes and backslashes in them stay what they are."""
    labels = {"cluster": 'e"u\\1'}
    for query, selectors in ((counters([CHECKOUT], labels), 4), (durations([CHECKOUT], labels), 2)):
        assert query.count('cluster="e\\"u\\\\1"') == selectors
    assert samples(CHECKOUT, {"reporter": "source", "pod": "gw"}, labels) == (
        'istio_requests_total{cluster="e\\"u\\\\1",reporter="source",pod="gw",destination_service_namespace=~"shop",'
        'destination_service_name=~"checkout"}[5m]'
    )


def test_two_workloads_behind_one_service_are_told_apart_by_who_answered() -> None:
    """Everything is asked as for Services, by another label; a point in a name is a point."""
    arms = Arms(Service("shop", "checkout.v1"), Service("shop", "checkout.v1-canary"), workloads=True)
    subject = Subject(arms.stable, Source("source", "gw"), (("pod", "gw"),))
    for counting in (ByWorkloads({}), ByConnectionsOfWorkloads({})):
        every = [counting.counters([arms]), counting.history([subject]), counting.samples(subject)]
        every += [one for one in (counting.durations([subject]), counting.pods_history([subject])) if one]
        assert all('destination_workload=~"checkout[.]v1' in one for one in every)
        assert not any(re.search(r"destination_service_name\b", one) for one in every)


def test_a_row_names_its_arm_by_service_or_by_workload() -> None:
    """Whichever the question was grouped by."""
    where = {"destination_service_namespace": "shop"}
    assert arm_in(where | {"destination_service_name": "checkout"}) == CHECKOUT
    assert arm_in(where | {"destination_workload": "checkout"}) == CHECKOUT


def test_below_http_connections_are_counted_and_none_is_bad() -> None:
    """Everything else is asked as for requests."""
    counting, subject = ByConnections({}), Subject(CHECKOUT, Source("source", "gw"), (("pod", "gw"),))
    asked = counting.counters([Arms(CHECKOUT, Service("shop", "checkout-canary"), connections=True)])
    assert "istio_tcp_connections_opened_total" in asked
    assert '"class","scraped"' in asked
    assert '"class","bad"' not in asked
    assert "istio_requests_total" not in asked + counting.history([subject]) + counting.samples(subject)
    assert counting.durations([subject]) is None
    assert counting.pods_history([subject]) is None
