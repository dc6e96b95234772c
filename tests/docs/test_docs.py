"""What the documents tell a reader to type exists, and where they point there is something."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
_CODE = re.compile(r"```.*?```|^(?: {4}.+\n)+|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def page_id(page: Path) -> str:
    """A page's name in a test report."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets
    for code in _CODE.findall(page.read_text()):
        assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_named_exists(page: Path) -> None:
    for code in _CODE.findall(page.read_text()):
        for name in re.findall(r"(?:src|tests|docs|tools|\.ci)/[\w./-]+\w", code):
            assert (ROOT / name).exists() or "<" in code, name


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = {page.name for page in folder.glob("[0-9]*.md")}
    assert pages == {target for target, _ in _LINK.findall((folder / "README.md").read_text())}


def test_every_dependency_is_argued_for_and_nothing_else() -> None:
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9@/, ()-]+) \| [^|-]", page, re.MULTILINE)
    argued = {name for row in rows for name in re.findall(r"[a-z0-9@/-]+", row.partition("(")[0])}
    project = (ROOT / "pyproject.toml").read_text()
    block = project[project.index("\ndependencies = [") : project.index("[project.scripts]")]
    names = set(re.findall(r'^  "([a-z0-9-]+)', block, re.MULTILINE))
    assert len(names) > 10
    names |= json.loads((ROOT / "dashboard" / "package.json").read_text())["dependencies"].keys()
    assert argued - {"package"} == names


def test_the_readme_is_one_screen() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 50


def test_the_glossary_is_in_order() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    words = re.findall(r"^\| \*\*(.+?)\*\*", page, re.MULTILINE)
    assert words == sorted(words, key=str.lower)
