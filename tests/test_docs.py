"""What the pages say of files and of each other is so."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"`((?:tests/[a-z_/]*)?test_[a-z0-9_]+\.py)(?:::(test_\w+))?")
each_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


def prose(page: Path) -> str:
    """Without what stands in fences."""
    return re.sub(r"^(```+).*?^\1", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def tables(page: Path) -> Iterator[list[str]]:
    """The lines of each."""
    lines: list[str] = []
    for line in [*prose(page).splitlines(), ""]:
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            yield lines
            lines = []


def test_the_pages_made_from_the_code_are_fresh() -> None:
    """A page that disagrees with the code fails the build."""
    main = runpy.run_path(str(DOCS / "generate.py"))["main"]
    assert main(["--check"]) == 0


@each_page
def test_no_link_leads_nowhere(page: Path) -> None:
    """Neither to a file nor to a heading; what is on the net is not asked."""
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), link
        assert not anchor or there.suffix != ".md" or anchor in anchors(there), link


@each_page
def test_each_row_of_a_table_has_all_its_cells(page: Path) -> None:
    for lines in tables(page):
        cells = {len(re.split(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", line))) for line in lines}
        assert len(cells) == 1, lines[0]
        assert all(line.endswith("|") for line in lines), lines[0]


@each_page
def test_every_test_that_is_named_is_there(page: Path) -> None:
    """By its file, and where one is named by its function."""
    for name, function in TEST.findall(prose(page)):
        files = list((ROOT / "tests").rglob(name.rpartition("/")[2]))
        assert files, name
        assert not function or any(f"def {function}(" in file.read_text() for file in files), function
