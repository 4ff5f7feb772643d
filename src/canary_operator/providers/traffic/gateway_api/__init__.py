"""HTTPRoutes of the Gateway API."""
