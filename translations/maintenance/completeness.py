"""Completeness of a language: words missing on citizens' screens, and in questionnaires' texts.

A message counts as translated when it has words, nobody marked them as unsure, and they keep what the message holds:
the same places (`%(name)s`, `{place}`) and the same tags. Only the centre asks; the desk gets what is complete.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from translations import discovery, loader
from translations.discovery import BadLanguage
from translations.maintenance.catalogues import MARK

_KEPT = re.compile(r"%\(\w+\)[sd]|%%|%|\{\w+\}|</?\w[^>]*>|[<>]")
TEMPLATE = discovery.HERE / "messages.pot"


@dataclass(frozen=True)
class Gap:
    """One thing a language lacks. `kind`: `words` (a message without words), `places` (its words lost a place or a
    tag), `question` (a questionnaire's text without words), `file` (its catalogue cannot be read); `text` is the
    message, the Vietnamese wording, or what is wrong with the file."""

    kind: Literal["words", "places", "question", "file"]
    text: str


@cache
def citizen_messages() -> tuple[str | tuple[str, str], ...]:
    """The messages a citizen can meet, as the template marks them; a pair is (singular, plural)."""
    from babel.messages.pofile import read_po

    with TEMPLATE.open("rb") as f:
        messages = read_po(f, abort_invalid=True)
    ids = (message.id for message in messages if message.id and MARK in message.auto_comments)
    return tuple(id if isinstance(id, str) else (str(id[0]), str(id[1])) for id in ids)


def find_gaps(code: str, wordings: Iterable[str]) -> list[Gap]:
    """What the language `code` lacks for citizens; `wordings` are the questionnaires' texts it must have, in
    Vietnamese, without those the questionnaires bring in this language themselves."""
    questions = loader.load_question_texts(code)
    questions_missing = [
        Gap("places" if wording in questions else "question", wording)
        for wording in wordings
        if not _keeps(wording, questions.get(wording, ""))
    ]
    if code in (loader.SOURCE, discovery.DEFAULT):  # message ids; and a test holds that Vietnamese is complete
        return questions_missing
    try:
        words = _words(code)
    except BadLanguage as error:
        return [Gap("file", str(error)), *questions_missing]
    missing = []
    for id in citizen_messages():
        singular = id if isinstance(id, str) else id[0]
        forms = words.get(singular)
        if forms is None:
            missing.append(Gap("words", singular))
        elif not all(_keeps(singular if isinstance(id, str) else id[1], form) for form in forms):
            missing.append(Gap("places", singular))
    return missing + questions_missing


def export_language(code: str) -> dict[str, Any]:
    """A language as it is sent to desks: what `discovery.receive_languages` takes, with the messages citizens can
    meet."""
    language = discovery.find_language(code)
    if language is None:
        raise KeyError(code)
    words, ids = _words(code), citizen_messages()
    pairs = [id if isinstance(id, str) else id[0] for id in ids]
    path = loader.find_text_file(code)
    return {
        "name": language.name,
        "decimal_sign": language.decimal_sign,
        "plural": loader.read_with_babel(path).plural_expr if path.exists() else "0",
        "messages": {
            singular: forms[0] if isinstance(id, str) else forms
            for id, singular in zip(ids, pairs, strict=True)
            if (forms := words.get(singular))
        },
    }


def _words(code: str) -> dict[str, list[str]]:
    """Singular → its forms, for messages whose words are complete and sure."""
    path = loader.find_text_file(code)
    words: dict[str, list[str]] = {}
    for message in loader.read_with_babel(path) if path.exists() else ():
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.id and not message.fuzzy and all(form.strip() for form in forms):
            words[message.id if isinstance(message.id, str) else message.id[0]] = forms
    return words


def _keeps(message: str, words: str) -> bool:
    """Whether `words` are there and hold the places and tags of `message`, each as often, and no others."""
    return bool(words.strip()) and sorted(_KEPT.findall(message)) == sorted(_KEPT.findall(words))


def prepare_language(folder: Path, name: str, wordings: Collection[str]) -> int:
    """Write the files of a further language into `folder`, for a translator to fill: `language.json`, `messages.po`
    with the messages citizens meet, `questions.po` with the questionnaires' texts. Words already there are kept.
    Returns how many texts are still empty. Raises `BadLanguage` for a folder that cannot be a language."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "language.json"
    if not about.exists():
        _put(about, (json.dumps({"name": name}, ensure_ascii=False, indent=1) + "\n").encode())
    language = discovery.read_language(folder)
    empty = 0
    for file, ids, hint in (("messages.po", citizen_messages(), True), ("questions.po", tuple(wordings), False)):
        empty += _lay(language.file(file) or folder / file, ids, vietnamese=hint)
    return empty


def _put(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all: a translator's work may stand in the one before."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as f:
            f.write(raw)
            f.flush()
            os.fsync(f.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _lay(path: Path, ids: Iterable[str | tuple[str, str]], *, vietnamese: bool) -> int:
    """Lay messages into a `.po` file; returns how many have no words. `vietnamese`: beside the Vietnamese words."""
    from babel.messages.catalog import Catalog

    old = loader.read_with_babel(path) if path.exists() else None
    new = Catalog(locale=discovery.DEFAULT, charset="utf-8", fuzzy=False)
    catalogue = loader.load_catalogue(discovery.DEFAULT)
    empty = 0
    for id in ids:
        singular = id if isinstance(id, str) else id[0]
        old_message = old.get(singular) if old is not None else None
        words: Any = old_message.string if old_message is not None else ("" if isinstance(id, str) else ("",))
        comments = []
        if vietnamese:
            comments = [catalogue.gettext(id) if isinstance(id, str) else catalogue.ngettext(id[0], id[1], 2)]
        new.add(id, words, auto_comments=comments)
        empty += not (words if isinstance(words, str) else all(words))
    _write(path, new, old)
    return empty


def _write(path: Path, new: Any, old: Any) -> None:
    import io

    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, new, width=118, no_location=True, omit_header=True)
    forms = old.plural_forms if old is not None else "nplurals=1; plural=0;"
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {forms}\\n"\n\n'
    _put(path, head.encode() + out.getvalue())
