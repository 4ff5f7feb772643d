import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_pages_made_from_the_code_are_fresh() -> None:
    """A page that disagrees with the code fails the build."""
    main = runpy.run_path(str(DOCS / "generate.py"))["main"]
    assert main(["--check"]) == 0
