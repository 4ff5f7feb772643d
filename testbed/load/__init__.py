"""A load generator that knows versions: who answered, how, how fast, and since when.

async with Load(Plan("http://127.0.0.1:20010", host="checkout.example", rate=100)) as load:
    ...
summary = summarise(load.record)
"""

from testbed.load.command import main
from testbed.load.load import Load
from testbed.load.plan import Plan
from testbed.load.summary import summarise

__all__ = ["Load", "Plan", "main", "summarise"]
