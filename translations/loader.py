"""The loader of catalogues: the compiled file when it is there and fresh, else the text file itself.

`python -m translations compile` (part of set-up) writes the compiled files; a checkout without them still speaks
Vietnamese, it only starts a little slower. What a language has no words for is said in Vietnamese, never in English.
"""

from __future__ import annotations

import ast
import gettext as stdlib
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from translations import discovery
from translations.discovery import DEFAULT, BadLanguage
from translations.discovery import HERE as HERE

#: The language of the message ids needs no catalogue.
SOURCE = "en"
_catalogues: dict[str, tuple[object, stdlib.NullTranslations]] = {}
_questions: dict[str, tuple[object, dict[str, str]]] = {}


class ReceivedCatalogue(stdlib.GNUTranslations):
    """A catalogue that came as data: message id → text, or forms of the plural in the order of its rule."""

    def __init__(self, messages: Mapping[str, str | list[str]], plural: str) -> None:
        super().__init__()
        self.plural = stdlib.c2py(plural)
        self._catalog: dict[Any, str] = {}
        for id, text in messages.items():
            if isinstance(text, str):
                self._catalog[id] = text
            else:
                self._catalog.update({(id, number): form for number, form in enumerate(text)})


def find_text_file(locale: str) -> Path:
    """The catalogue people edit."""
    language = discovery.find_language(locale)
    path = language.file("messages.po") if language else None
    return path or HERE / locale / "LC_MESSAGES" / "messages.po"


def load_catalogue(locale: str) -> stdlib.NullTranslations:
    """The messages of a language."""
    cache_entry = _catalogues.get(locale)
    if cache_entry is None:
        cache_entry = _catalogues[locale] = (_stamp(locale, "messages.po"), _load(locale))
    return cache_entry[1]


def _load(locale: str) -> stdlib.NullTranslations:
    if locale == SOURCE:
        return stdlib.NullTranslations()
    catalogues: list[stdlib.NullTranslations] = []
    language_pack = discovery.find_received(locale)
    if language_pack is not None:
        catalogues.append(ReceivedCatalogue(language_pack.words["messages"], language_pack.words["plural"]))
    source = find_text_file(locale)
    if source.exists():
        with suppress(BadLanguage):  # whoever lists the languages is told
            catalogues.append(_read(source))
    if locale != DEFAULT:
        catalogues.append(load_catalogue(DEFAULT))
    for first, second in zip(catalogues, catalogues[1:], strict=False):
        first.add_fallback(second)
    return catalogues[0] if catalogues else stdlib.NullTranslations()


def _read(source: Path) -> stdlib.NullTranslations:
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as f:
            return stdlib.GNUTranslations(f)
    if source.is_relative_to(HERE):  # in the form `maintenance.catalogues` writes: read without loading babel
        return ReceivedCatalogue(*read_generated_catalogue(source.read_text(encoding="utf-8")))
    return stdlib.GNUTranslations(io.BytesIO(compile_catalogue(source)))


def read_generated_catalogue(text: str) -> tuple[dict[str, str | list[str]], str]:
    """Read a catalogue in the form `translations.maintenance.catalogues` writes, without babel: quick enough for help.

    Returns message id → its text, or its forms of the plural, and the rule of the plural; messages without words, or
    whose words nobody is sure of, are left out."""
    messages: dict[str, str | list[str]] = {}
    plural = "0"
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        parts = _parts(lines)
        id = parts.get("msgid", "")
        if not id and (header := parts.get("msgstr")):
            plural = _rule(header)
        elif "msgid_plural" in parts:
            forms = [part for name, part in parts.items() if name.startswith("msgstr[")]
            if forms and all(forms):
                messages[id] = forms
        elif words := parts.get("msgstr"):
            messages[id] = words
    return messages, plural


def _parts(lines: list[str]) -> dict[str, str]:
    """`msgid`, `msgstr`, `msgstr[0]` … of one message → the text, of which each line is a quoted piece."""
    parts: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.startswith("msg"):
            name, _, line = line.partition(" ")
        if name and line.startswith('"'):
            parts[name] = parts.get(name, "") + _unquoted(line)
    return parts


def _unquoted(piece: str) -> str:
    inner = piece.strip()[1:-1]
    return str(ast.literal_eval(f'"{inner}"')) if "\\" in inner else inner


def _rule(header: str) -> str:
    """The rule of the plural in a header: `nplurals=1; plural=0;`."""
    for line in header.splitlines():
        if line.lower().startswith("plural-forms:"):
            return line.partition("plural=")[2].strip().rstrip(";") or "0"
    return "0"


def load_question_texts(locale: str) -> dict[str, str]:
    """The questionnaires' texts in a language, by their Vietnamese wording; those it has no words for are left out."""
    cache_entry = _questions.get(locale)
    if cache_entry is None:
        language = discovery.find_language(locale)
        path = language.file("questions.po") if language else None
        texts: dict[str, str] = {}
        if path is not None:
            with suppress(BadLanguage):
                texts = {m.id: m.string for m in read_with_babel(path) if m.id and m.string and not m.fuzzy}
        cache_entry = _questions[locale] = (_stamp(locale, "questions.po"), texts)
    return cache_entry[1]


def forget_changed() -> None:
    """Let go of whatever was read from a file that is another by now."""
    for name, cache in (("messages.po", _catalogues), ("questions.po", _questions)):
        for locale in [code for code, (stamp, _) in cache.items() if stamp != _stamp(code, name)]:
            del cache[locale]


def find_catalogue_stamp(locale: str) -> object:
    """What changes when a file of a language does."""
    return _stamp(locale, "messages.po"), _stamp(locale, "questions.po")


def _stamp(locale: str, name: str) -> object:
    language = discovery.find_language(locale)
    path = language.file(name) if language else None
    language_pack = discovery.find_received(locale)
    return path, path.stat().st_mtime_ns if path else None, id(language_pack.words) if language_pack else None


def read_with_babel(source: Path) -> Any:
    """The babel catalogue of a `.po` file. A language CLDR does not know has the plural rule of its header, else that
    of Vietnamese: one form. Raises `BadLanguage`."""
    from babel.messages.pofile import PoFileError, read_po

    locale = _cldr(source) or DEFAULT  # without it the plural rule gets lost
    try:
        with source.open("rb") as f:
            messages = read_po(f, locale=locale, abort_invalid=True)
    except (OSError, ValueError, LookupError, PoFileError) as error:
        raise BadLanguage(f"{source.name} in {source.parent.name}: {error}") from error
    if messages.locale is None:  # its header names one that CLDR does not know
        messages.locale = locale
    return messages


def _cldr(source: Path) -> str | None:
    """The language of the file's folder, if CLDR knows it."""
    from babel import Locale, UnknownLocaleError

    folder = source.parent.parent if source.parent.name == "LC_MESSAGES" else source.parent
    try:
        return str(Locale.parse(folder.name, sep="-"))
    except (UnknownLocaleError, ValueError):
        return None


def compile_catalogue(source: Path) -> bytes:
    """The compiled form of a `.po` file, as bytes."""
    from babel.messages.mofile import write_mo

    out = io.BytesIO()
    write_mo(out, read_with_babel(source))
    out.seek(0)
    return out.getvalue()
