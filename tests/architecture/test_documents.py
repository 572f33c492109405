"""The documents as texts: each path, link and anchor leads somewhere, and their words are the code's."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.source_tree import files

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PATH = re.compile(r"(?<![\w/.<-])(?:admin|kiosk|models|translations|tests|bench|docs)/[\w./-]*[\w/]")
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
#: As long as the README may be, in lines: it says where to read on.
LONGEST_README = 120


def missing(text: str) -> list[str]:
    """Paths of the project in a text that are not in the tree."""
    return [path for path in PATH.findall(text) if not (ROOT / path).exists()]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as the places where code is read make them."""
    slug_counts: Counter[str] = Counter()
    slugs = set()
    for heading in re.findall(r"^#{1,6} +(.*?) *$", FENCED.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = "".join(c for c in plain.lower() if c in " -_" or unicodedata.category(c)[0] in "LNM").replace(" ", "-")
        slugs.add(f"{slug}-{slug_counts[slug]}" if slug_counts[slug] else slug)
        slug_counts[slug] += 1
    return slugs


def dead_links(document: Path, text: str) -> list[str]:
    """Relative links of a document that lead to no file, or to no heading of one."""
    dead = []
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.is_relative_to(ROOT) or not path.exists():
            dead.append(target)
        elif anchor and anchor not in anchors(text if path == document else path.read_text(encoding="utf-8")):
            dead.append(target)
    return dead


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert missing(text) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_and_anchor_leads_somewhere(document: Path) -> None:
    assert dead_links(document, document.read_text(encoding="utf-8")) == []


def test_dead_links_are_reported() -> None:
    text = "# A b\n[a](#a-b) [b](#a-c)\n[c](docs/desk.md#acceptance-the-drill) [d](docs/desk.md#no) [e](docs/none.md)"
    assert dead_links(ROOT / "README.md", text) == ["#a-c", "docs/desk.md#no", "docs/none.md"]
    assert dead_links(ROOT / "README.md", "| [![x](docs/none.png)](LICENSE) |") == ["docs/none.png"]
    assert anchors("# Tên: «Quầy»\n## Hai `x`\n## Hai x\n```\n# no\n```") == {"tên-quầy", "hai-x", "hai-x-1"}


def test_every_document_is_reached_from_the_readme() -> None:
    """A page that no other names is read by nobody."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        reached.add(document := waiting.pop())
        for target in LINK.findall(FENCED.sub("", document.read_text(encoding="utf-8"))):
            path = (document.parent / target.partition("#")[0]).resolve()
            if path in DOCUMENTS and path not in reached:
                waiting.append(path)
    assert set(DOCUMENTS) - reached == set()
    text = " ".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    pictures = [path for path in (ROOT / "docs").iterdir() if path.suffix in (".png", ".svg")]
    assert [path.name for path in pictures if f"{path.name})" not in text] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


def test_every_folder_of_the_house_stands_in_it() -> None:
    drawing = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The house")[2].partition("```")[2]
    house_names = set(re.findall(r"^([\w.]+/?) ", drawing.partition("```")[0], re.MULTILINE))
    tops = {path.relative_to(ROOT).parts[0] for path in files(ROOT, ".py", ".md") if path.parent != ROOT}
    assert house_names == {f"{top}/" for top in tops} | {"wsgi.py", "instance/"}


def glossary() -> list[list[str]]:
    """The names of the glossary, row by row."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z][^|]*?) \|", text, re.MULTILINE)
    return [row.split(", ") for row in rows]


def test_every_name_of_the_glossary_is_a_name_in_the_code() -> None:
    code = Counter[str]()
    for path in files(ROOT, ".py"):
        if path.relative_to(ROOT).parts[0] in ("admin", "kiosk", "models"):
            text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", path.read_text(encoding="utf-8"))
            code.update(re.findall(r"[a-z]+", text.lower()))
    names = [name for row in glossary() for name in row]
    assert len(names) > 30 and len(names) == len(set(names))
    words = {name: re.findall(r"[a-z]+", name.lower()) for name in names}
    unused = [name for name in names if min(code[word] + code[f"{word}s"] for word in words[name]) < 5]
    assert unused == []


def test_the_readme_says_where_to_change_what() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| I want to change … | folder |")[2]
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*/__init__.py")}
    table_paths = set(PATH.findall(table.partition("\n## ")[0]))
    own_rooms = {room for room in rooms if room.split("/")[0] in ("admin", "kiosk", "models", "translations")}
    assert {room for room in own_rooms if not any(f"{path}/".startswith(f"{room}/") for path in table_paths)} == set()


def test_a_path_that_is_not_there_is_found() -> None:
    assert missing("see `admin/figures/index.py` and `kiosk/tablet/`") == ["admin/figures/index.py"]
