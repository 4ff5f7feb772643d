"""A real Kubernetes cluster made of local processes: for the demo, the integration tests and the benchmarks.

It knows the product only through `kubectl` and the CRD, and never imports it.
"""
