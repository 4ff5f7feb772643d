"""Workloads that are released."""
