from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.shown import Queries
from tests.doubles.shop import a_target


def test_the_query_is_of_both_arms_with_the_providers_labels() -> None:
    """Pasted into Prometheus it shows what was counted."""
    configured = ProviderConfig(name="default", address="http://prometheus:9090", match_labels={"cluster": "eu"})
    query = Queries([configured])(a_target(), "default")["istio-error-rate"]
    assert 'destination_service_name=~"checkout|checkout-canary"' in query
    assert 'destination_service_namespace=~"shop"' in query
    assert 'cluster="eu"' in query


def test_a_provider_that_is_not_configured_any_more_has_no_labels() -> None:
    """A run may outlive its provider."""
    assert "istio_requests_total" in Queries([])(a_target(), "gone")["istio-error-rate"]
