"""The list of errors as a document: every code of catalogues and commands, in both languages.

`python3 wsgi.py docs` writes it to `docs/errors.md`. The catalogues are handed in: they belong to the desk and the
centre, which are not known here. What a command says of its own subject it says where it ends (`fail(CODE, SENTENCE)`)
or in a table of its module; these are read from its source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from translations import OWN_NAMES, gettext, use_locale
from translations.loader import HERE

ROOT = HERE.parent
DOCUMENT = ROOT / "docs" / "errors.md"
#: What is called with a code and a sentence, and what makes a sentence of a message.
_ENDS = {"fail", "refuse", "Refusal"}
_SENTENCES = {"_", "gettext", "lazy", "ngettext"}
_CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+|damaged|clock|none")

_HEAD = """# Error codes

Every refusal has a stable code, which programs may rely on, and a sentence: what happened, what is safe, what to do.
Commands print `code: sentence` and end with 1; pages show the code under their text, with the HTTP status as HL-404;
programs get `{"error": {"code", "message"}}`. Words in `%(…)s` stand for what differs from case to case.

This file is written by `python3 wsgi.py docs` from the catalogues (`kiosk/error_catalogue/`, `admin/error_catalogue/`)
and the commands.
"""


class Kind(Protocol):
    """One kind of error of a catalogue (`models.errors.ErrorKind`)."""

    @property
    def code(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def message(self) -> str: ...


@dataclass(frozen=True)
class CommandError:
    """A code that a command ends with, the message id of its sentence, and the file it stands in."""

    code: str
    message: str
    file: str


def build_document(packages: Mapping[str, Iterable[Any]]) -> str:
    """The text of `docs/errors.md`: of each package (name → tables) its tables, then what its commands say."""
    parts = [_HEAD]
    for package, tables in packages.items():
        parts.append(f"## {package}\n")
        for table in tables:
            parts.append(f"### {table.place[:1].upper()}{table.place[1:]}\n")
            parts.append(_rows([(kind.code, kind.status, *_both(kind)) for kind in table.values()]))
        for file, errors in _by_file(find_command_errors(ROOT / package / "cli")).items():
            parts.append(f"### `{file}`\n")
            parts.append(_rows([(error.code, None, *_words(error.message)) for error in errors]))
    return "\n".join(parts)


def write_document(packages: Mapping[str, Iterable[Any]]) -> None:
    """Write `docs/errors.md`."""
    DOCUMENT.write_text(build_document(packages), encoding="utf-8")


def find_command_errors(folder: Path) -> list[CommandError]:
    """What the modules of a folder of commands say with a code, in the order of their files and lines; each once."""
    errors: dict[CommandError, None] = {}
    for path in sorted(folder.glob("*.py")):
        file = path.relative_to(folder.parent.parent).as_posix()
        for code, message in _said_with_a_code(ast.parse(path.read_text(encoding="utf-8"))):
            errors.setdefault(CommandError(code, message, file))
    return list(errors)


def _said_with_a_code(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        pairs: list[tuple[ast.AST | None, ast.AST]] = []
        if isinstance(node, ast.Call) and len(node.args) > 1 and _name(node.func) in _ENDS:
            pairs = [(node.args[0], node.args[1])]
        elif isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            pairs = [(node.elts[0], node.elts[1])]
        for code, sentence in pairs:
            message = _message(sentence)
            if _is_sentence(message) and isinstance(code, ast.Constant) and _CODE.fullmatch(str(code.value)):
                yield str(code.value), message


def _message(node: ast.AST) -> str:
    """The message id that a sentence is made of; nothing for what is no sentence of the catalogue."""
    if isinstance(node, ast.Call) and _name(node.func) in _SENTENCES and node.args:
        first = node.args[0]
        return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return ""


def _is_sentence(message: str) -> bool:
    """Whether a message is a sentence, not the word for a field or a state; a sentence may begin with a value."""
    return message.startswith("%(") or (message[:1].isupper() and not message.isupper())


def _name(node: ast.AST) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _by_file(errors: Sequence[CommandError]) -> dict[str, list[CommandError]]:
    files: dict[str, list[CommandError]] = {}
    for error in errors:
        files.setdefault(error.file, []).append(error)
    return files


def _both(kind: Kind) -> tuple[str, str]:
    with use_locale("vi"):
        vietnamese = kind.message
    with use_locale("en"):
        return vietnamese, kind.message


def _words(message: str) -> tuple[str, str]:
    with use_locale("vi"):
        return gettext(message), message


def _rows(rows: Sequence[tuple[str, int | None, str, str]]) -> str:
    lines = [f"| Code | HTTP | {OWN_NAMES['vi']} | English |", "|---|---|---|---|"]
    for code, status, vietnamese, english in rows:
        lines.append(f"| `{code}` | {status or ''} | {_cell(vietnamese)} | {_cell(english)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
