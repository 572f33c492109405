"""Constant promises: no word of safety stands in a sentence that nobody reckons.

What became of answers is said only where the store was asked. Other sentences say what a command did, which is so by
construction: it changed nothing, it only read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.safety_wording import RECKONED, SENDERS, read_messages, speaks_of_safety, speaks_of_sending
from translations.maintenance.catalogues import ROOT

#: Where people read what is written, beside the catalogue.
SPOKEN = ("kiosk", "admin", "models", "wsgi.py")
#: Words of invented citizens, and questions: what they say is not said by the product.
NOT_OURS = ("admin/demo/", "admin/instruments/data/")
#: The centre's commands tell what desks do by themselves; what stands at a desk they do not know.
#: The desk's say which of its processes is the sender, not that anything is sent.
TOLD = {
    "admin/cli/devices.py",
    "admin/cli/backup.py",
    "kiosk/cli/status_lines.py",
    "kiosk/error_catalogue/command_errors.py",
}
_COMMENTS = {
    ".html": re.compile(r"\{#.*?#\}|\|\s*safe\b", re.DOTALL), ".js": re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL),
    ".sh": re.compile(r"^\s*#[^\n]*", re.MULTILINE), ".ps1": re.compile(r"^\s*#[^\n]*", re.MULTILINE),
}  # fmt: skip


@pytest.mark.parametrize(
    ("speaks", "may"), [(speaks_of_safety, RECKONED), (speaks_of_sending, SENDERS | TOLD)], ids=["safety", "sending"]
)
def test_only_what_asks_the_store_promises(speaks: Callable[[str], bool], may: set[str]) -> None:
    promising = {message: files for message, (words, files) in read_messages().items() if speaks(f"{message}\n{words}")}
    saying = {file for files in promising.values() for file in files if not file.startswith(NOT_OURS)}
    assert saying == may, promising


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
            found += [f"{place}: {text.strip()[:120]}" for text in said(path) if speaks_of_safety(text)]
    assert found == []


@pytest.mark.parametrize("sentence", ["Lệnh dừng, dữ liệu còn nguyên.", "The data are safe.", "Không mất phiếu nào."])
def test_a_promise_is_known_when_it_is_read(sentence: str, tmp_path: Path) -> None:
    texts = {"a.py": f"X = {sentence!r}", "b.sh": f"die '{sentence}'", "c.html": f"<p>{sentence}</p>"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert any(map(speaks_of_safety, said(tmp_path / name))), name
