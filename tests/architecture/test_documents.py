"""Paths in the documents: every file and folder that README and docs name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
PATH = re.compile(r"(?<![\w/.<-])(?:admin|kiosk|models|translations|tests|bench|docs)/[\w./-]*[\w/]")


def missing(text: str) -> list[str]:
    """Paths of the project in a text that are not in the tree."""
    return [found for found in PATH.findall(text) if not (ROOT / found).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert missing(text) == []


def test_the_readme_says_where_to_change_what() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| I want to change … | folder |")[2]
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*/__init__.py")}
    told = set(PATH.findall(table.partition("\n## ")[0]))
    wanted = {room for room in rooms if room.split("/")[0] in ("admin", "kiosk", "models", "translations")}
    assert {room for room in wanted if not any(f"{path}/".startswith(f"{room}/") for path in told)} == set()


def test_a_path_that_is_not_there_is_found() -> None:
    assert missing("see `admin/figures/index.py` and `kiosk/tablet/`") == ["admin/figures/index.py"]
