"""Pitfalls in manifests: what is allowed, and hurts a release."""
