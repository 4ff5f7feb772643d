"""A process that knows the Kubernetes API, the gateway's counters and when faults begin and end, and nothing else.

It shares no code with the operator and asks it nothing. What it finds is printed at once, and all that it
sees goes to its standard error.
"""
