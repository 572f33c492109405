"""Constant promises: no word of safety stands in a sentence that nobody reckons.

What became of answers is said only where the store was asked. Other sentences say what a command did, which is so by
construction: it changed nothing, it only read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from translations.loader import text_file
from translations.maintenance.catalogues import ROOT, catalogue_of, extracted

#: The files that ask the store (`kiosk.desk.promise`) before they say so.
RECKONED = {"kiosk/staff/promise_text.py", "kiosk/staff/status_text.py", "kiosk/tablet/thanks.py"}
PROMISES = (
    " safe", "safely", "none is lost", "is lost", "are lost", "loses none", "nothing was lost", "nothing is missing",
    "no rating is missing", "cannot be lost", "and keep them",
)  # fmt: skip
IN_VIETNAMESE = (
    "an toàn", "không mất phiếu", "không mất dữ liệu", "không phiếu nào mất", "không bị mất", "còn nguyên",
    "nguyên vẹn", "vẫn còn trên", "không thất lạc", "nhận và giữ",
)  # fmt: skip
#: Where people read what is written, beside the catalogue.
SPOKEN = ("kiosk", "admin", "models", "wsgi.py")
#: Words of invented citizens, and questions: what they say is not said by the product.
NOT_OURS = ("admin/demo/", "admin/instruments/data/")
_COMMENTS = {
    ".html": re.compile(r"\{#.*?#\}|\|\s*safe\b", re.DOTALL), ".js": re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL),
    ".sh": re.compile(r"^\s*#[^\n]*", re.MULTILINE), ".ps1": re.compile(r"^\s*#[^\n]*", re.MULTILINE),
}  # fmt: skip


@pytest.fixture(scope="module")
def messages() -> dict[str, tuple[str, list[str]]]:
    """Message → its Vietnamese words and the files that use it."""
    catalogue, found = catalogue_of(text_file("vi")), {}
    for key, files in extracted().items():
        ids = key if isinstance(key, tuple) else (key,)
        words = catalogue.get(ids[0]).string
        found[" ".join(ids)] = (words[0] if isinstance(words, tuple) else words, files)
    return found


def test_only_what_asks_the_store_promises(messages: dict[str, tuple[str, list[str]]]) -> None:
    promising = {message: files for message, (words, files) in messages.items() if promises(f"{message}\n{words}")}
    assert {file for files in promising.values() for file in files} == RECKONED, promising


def promises(text: str) -> bool:
    """Whether a text speaks of safety."""
    return any(one in text.lower() for one in (*PROMISES, *IN_VIETNAMESE))


def said(path: Path) -> Iterator[str]:
    """What a file says to people: its texts, without what only explains the code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield _COMMENTS[path.suffix].sub("", text)
        return
    tree = ast.parse(text)
    explains = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explains:
            yield node.value


def test_no_command_template_or_installer_promises() -> None:
    """Sentences that do not come from the catalogue too."""
    found = []
    for name in SPOKEN:
        paths = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*"))
        for path in paths:
            place = path.relative_to(ROOT).as_posix()
            if path.suffix not in (".py", *_COMMENTS) or place in RECKONED or place.startswith(NOT_OURS):
                continue
            found += [f"{place}: {text.strip()[:120]}" for text in said(path) if promises(text)]
    assert found == []


@pytest.mark.parametrize("sentence", ["Lệnh dừng, dữ liệu còn nguyên.", "The data are safe.", "Không mất phiếu nào."])
def test_a_promise_is_known_when_it_is_read(sentence: str, tmp_path: Path) -> None:
    texts = {"a.py": f"X = {sentence!r}", "b.sh": f"die '{sentence}'", "c.html": f"<p>{sentence}</p>"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert any(map(promises, said(tmp_path / name))), name
