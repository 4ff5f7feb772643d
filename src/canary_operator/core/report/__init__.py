"""The report of a run: how it is gathered, and what it looks like. Pure."""
