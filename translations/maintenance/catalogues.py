"""Extraction, compilation and the completeness check of the catalogues.

`extract` collects every message of the code and the templates into `messages.pot` (without line numbers, so that
moving code changes nothing) and lays it into the Vietnamese catalogue; those a citizen can meet are marked there: a
further language needs no others. `check` says what is missing, stale, or has other places (`%(name)s`) than its
message; `compile` writes the compiled files.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

from translations.loader import HERE, compile_catalogue, find_text_file
from translations.maintenance import command_help

ROOT = HERE.parent
SOURCES = ("kiosk", "admin", "models", "translations", "wsgi.py")
#: The folders whose modules declare commands: their help is a message too.
COMMANDS = "cli"
#: By this a module, or the `__init__.py` of a folder for all below it, says whether citizens meet what it writes: the
#: tablet, the phone, and the errors and frames of both do; what only staff see does not.
DECLARATION = "READ_BY_CITIZENS"
#: The words in a template's first comment that say so of one template whose room says no.
IN_TEMPLATE = "Read by citizens"
#: The comment by which `messages.pot` marks a citizen's message.
MARK = "citizen"
_PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2)}


def extract_messages() -> dict[str | tuple[str, str], list[str]]:
    """Every message in the code and templates → the files that use it. A pair is (singular, plural)."""
    from babel.messages.extract import extract

    messages: dict[str | tuple[str, str], list[str]] = {}
    files = [path for name in SOURCES for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*"))]
    for path in sorted(files):
        method = {".py": "python", ".html": "jinja2.ext:babel_extract", ".txt": None}.get(path.suffix)
        if method is None or not path.is_file():
            continue
        options: dict[str, Any] = {"silent": "false", "newstyle_gettext": "true"} if path.suffix == ".html" else {}
        with path.open("rb") as f:
            for _line, message, _comments, _context in extract(method, f, KEYWORDS, (), options):
                key = message if isinstance(message, str) else (str(message[0]), str(message[1]))
                if key:
                    messages.setdefault(key, []).append(path.relative_to(ROOT).as_posix())
        if path.suffix == ".py" and COMMANDS in path.relative_to(ROOT).parts:
            for help in command_help.list_command_messages(path):
                messages.setdefault(help, []).append(path.relative_to(ROOT).as_posix())
    for word in command_help.list_click_messages():
        messages.setdefault(word, []).append(command_help.SHOWN_BY.as_posix())
    return messages


def read_catalogue(path: Path) -> Any:
    """The babel catalogue of a `.po` file, empty if there is none yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if not path.exists():
        return Catalog(locale="vi", project="hailong", charset="utf-8", fuzzy=False)
    with path.open("rb") as f:
        return read_po(f, locale="vi")


def write_catalogue(path: Path, catalogue: Any) -> None:
    """Write a catalogue sorted, without locations, dates or people, so that differences show only words."""
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalogue, width=118, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += b'"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + out.getvalue())


def extract_all(extra: dict[str, str] | None = None) -> None:
    """Write `messages.pot` and lay new messages into the Vietnamese catalogue, keeping the words already there."""
    from babel.messages.catalog import Catalog

    template = Catalog(locale="vi", charset="utf-8", fuzzy=False)
    old = read_catalogue(find_text_file("vi"))
    new = Catalog(locale="vi", charset="utf-8", fuzzy=False)
    for key, files in extract_messages().items():
        template.add(key, auto_comments=[MARK] if any(map(is_file_for_citizens, files)) else [])
        message = old.get(key[0] if isinstance(key, tuple) else key)
        words: Any = message.string if message else ""
        if not (words[0] if isinstance(words, tuple) else words):
            extra_words = (extra or {}).get(key[1] if isinstance(key, tuple) else key, "")
            words = (extra_words,) if isinstance(key, tuple) else extra_words
        new.add(key, words)
    write_catalogue(HERE / "messages.pot", template)
    write_catalogue(find_text_file("vi"), new)


def is_file_for_citizens(file: str) -> bool:
    """Whether citizens meet what stands in this source file (`kiosk/tablet/faces.py`): by its own declaration, else by
    that of the nearest folder above. `templates/ROOM/` belongs to the room of that name."""
    path = ROOT / file
    package, *inside = Path(file).parts
    if inside[:1] == ["templates"]:
        if IN_TEMPLATE in path.read_text(encoding="utf-8").partition("\n")[0]:
            return True
        room = ROOT / package / inside[1]
        path = (room if room.is_dir() else ROOT / package) / "__init__.py"
    folders = [folder for folder in path.parents if folder != ROOT and ROOT in folder.parents]
    declarations = map(_declared, [path, *(folder / "__init__.py" for folder in folders)])
    return next((value for value in declarations if value is not None), False)


@cache
def _declared(path: Path) -> bool | None:
    """What a module says of its readers; None where it says nothing."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    match = re.search(rf"^{DECLARATION} = (True|False)$", text, re.MULTILINE)
    return match[1] == "True" if match else None


def find_problems() -> list[str]:
    """What is wrong with the catalogues, one sentence each; empty when every message has its Vietnamese words."""
    messages = extract_messages()
    catalogue = read_catalogue(find_text_file("vi"))
    wrong = []
    for key, files in sorted(messages.items(), key=str):
        id = key[0] if isinstance(key, tuple) else key
        message = catalogue.get(id)
        words = message.string if message else ""
        words = words[0] if isinstance(words, tuple) else words
        if not words:
            wrong.append(f"no Vietnamese words for {id!r} ({files[0]})")
        elif message.fuzzy:
            wrong.append(f"unconfirmed words for {id!r}")
        elif isinstance(key, str) and set(_PLACE.findall(key)) != set(_PLACE.findall(words)):
            wrong.append(f"other places than the message: {id!r}")
    ids = {key[0] if isinstance(key, tuple) else key for key in messages}
    wrong += [
        f"no longer used: {message.id!r}"
        for message in catalogue
        if message.id and (message.id[0] if isinstance(message.id, tuple) else message.id) not in ids
    ]
    return wrong


def main(arguments: list[str]) -> int:
    """The command line; 0 when all is well, 1 with one sentence a problem, 2 on wrong usage."""
    match arguments:
        case ["extract"]:
            extract_all()
        case ["compile"]:
            for source in HERE.glob("*/LC_MESSAGES/messages.po"):
                source.with_suffix(".mo").write_bytes(compile_catalogue(source))
        case ["check"]:
            wrong = find_problems()
            print("\n".join(wrong) or "translations: complete")
            return 1 if wrong else 0
        case _:
            print("usage: python -m translations extract|compile|check")
            return 2
    return 0
