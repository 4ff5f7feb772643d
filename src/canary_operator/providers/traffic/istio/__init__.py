"""Istio VirtualServices."""
