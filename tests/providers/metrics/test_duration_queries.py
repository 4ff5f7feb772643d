from canary_operator.providers.metrics.duration_queries import durations, slow, slow_history, spread
from canary_operator.providers.metrics.queries import Service

CHECKOUT = Service("shop", "checkout")


def test_both_kinds_of_histogram_are_asked_in_one_question() -> None:
    """What classic buckets answer stands first, so that nothing is counted twice where a server keeps both."""
    for query in (durations([CHECKOUT], {}), spread([CHECKOUT], {}), slow([CHECKOUT], {}, ["250.0"])):
        classic, native = query.find("istio_request_duration_milliseconds_bucket{"), query.find("milliseconds{")
        assert 0 < classic < native, query


def test_a_native_histogram_is_cut_at_each_boundary() -> None:
    """To a whole number of requests; the label is that of the classic bucket, or both would count."""
    query = slow([CHECKOUT], {}, ["250.0", "1.09"])
    for boundary in ("1.09", "250.0"):
        assert f"round(histogram_fraction(-Inf,{boundary},sum by(" in query
        assert f'"le","{boundary}","","")' in query
    assert 'le=~"1[.]09|250[.]0"' in query


def test_a_history_is_the_same_question_again_and_again() -> None:
    assert slow_history([CHECKOUT], {}, ["250"]).endswith(")[30m:10s]")


def test_labels_of_the_configuration_stand_in_every_selector() -> None:
    query = slow([CHECKOUT], {"cluster": "eu"}, ["250"])
    assert query.count('cluster="eu"') == query.count("destination_service_name=~")
