"""A language nobody speaks, made from the texts themselves: accents on every letter, two fifths longer, in brackets.

What stands on a page outside of the brackets came from somewhere else.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from sqlalchemy.orm import Session

from admin.instruments import translations
from admin.languages import availability
from translations import coverage, loader

FIRST, LAST = "⟦", "⟧"
_ACCENTS = str.maketrans("aeiouyAEIOUYcnsz", "áéíóúýÁÉÍÓÚÝčňšž")
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]*>)")


def longer(text: str) -> str:
    """`text` in the language: its places and tags as they were."""
    said = "".join(part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in _KEPT.split(text))
    more = max(1, len(_KEPT.sub("", text)) * 2 // 5 - 2)
    return f"{FIRST}{said}{(' ẫngợm' * 40)[:more].rstrip()}{LAST}"


def make(session: Session, folder: Path, name: str = "Ngữ thử") -> Path:
    """Write the whole language into `folder` (named by its code), as a translator fills what the command lays out."""
    coverage.prepare(folder, name, translations.needed(availability.asked_documents(session), folder.name))
    for file in ("messages.po", "questions.po"):
        change(folder / file, {})
    return folder


def change(path: Path, words: dict[str, str]) -> None:
    """Fill a catalogue with pseudo words, and with `words` where they are given (an empty text: none)."""
    old = loader.read_text(path)
    new = Catalog(charset="utf-8", fuzzy=False)
    for message in old:
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            said: Any = (words.get(message.id[0], longer(message.id[1])),)
        else:
            said = words.get(message.id, longer(message.id))
        new.add(message.id, said)
    with path.open("wb") as f:
        f.write(b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n')
        f.write(b'"Plural-Forms: nplurals=1; plural=0;\\n"\n\n')
        write_po(f, new, omit_header=True)


class _Shown(HTMLParser):
    """The texts of a page: between tags and in what is read aloud; not what says it is in another language, or that
    it is a name (`translate=no`)."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        other = tag != "html" and ("lang" in given or given.get("translate") == "no") or tag in ("script", "style")
        if tag not in ("input", "br", "meta", "link", "img", "use", "path", "circle", "rect", "hr", "source"):
            self.inside.append(other or (bool(self.inside) and self.inside[-1]))
        if not other and not (self.inside and self.inside[-1]):
            self.texts += [given[name] or "" for name in ("aria-label", "title", "alt", "placeholder") if name in given]
            self.texts += [text or "" for name, text in attrs if name.startswith("data-") and " " in (text or "")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in ("input", "br", "meta", "link", "img", "use", "path", "circle", "rect", "hr", "source"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not (self.inside and self.inside[-1]):
            self.texts.append(data)


def foreign(page: str, *names: str) -> list[str]:
    """The words of a page that are neither in the language nor `names`."""
    shown = _Shown()
    shown.feed(page)
    rest = html.unescape("\n".join(shown.texts))
    for name in sorted(names, key=len, reverse=True):
        rest = rest.replace(name, " ")
    rest = re.sub(rf"{FIRST}[^{FIRST}{LAST}]*(?:{FIRST}[^{LAST}]*{LAST}[^{FIRST}{LAST}]*)*{LAST}", " ", rest)
    return re.findall(r"\w*[^\W\d_]{2,}\w*", rest)
