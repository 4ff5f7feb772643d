class TestbedError(Exception):
    """Something the person at the keyboard can put right; the message says how."""

    __test__ = False
