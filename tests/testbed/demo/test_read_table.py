from testbed.demo.watch import read_table

RUNNING = """\
NAME       READY   STAGE   WEIGHT   OBSERVED   REQUESTS   REASON         AGE
checkout   True    2/4     25%                 40         StageRunning   12s
"""
RESTING = """\
NAME       READY   STAGE   WEIGHT   OBSERVED   REQUESTS   REASON   AGE
checkout   True                                           AtRest   3m
"""


def test_a_cell_stands_under_its_heading() -> None:
    """Also where the cell before it is empty."""
    cells = read_table(RUNNING)
    assert cells == {
        "NAME": "checkout",
        "READY": "True",
        "STAGE": "2/4",
        "WEIGHT": "25%",
        "OBSERVED": "",
        "REQUESTS": "40",
        "REASON": "StageRunning",
        "AGE": "12s",
    }


def test_at_rest_most_cells_are_empty() -> None:
    """There is no run to speak of."""
    cells = read_table(RESTING)
    assert {name for name, cell in cells.items() if cell} == {"NAME", "READY", "REASON", "AGE"}
