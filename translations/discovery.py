"""Discovery of languages: one folder each, with a `language.json`; nothing in the code lists them.

A folder is named by the language's code (`en`, `km`, `cjm-x-test`; CLDR need not know it) and holds

    language.json   {"name": "how it calls itself"}; it may add "decimal_sign": "." and, if `messages.po` has the
                    words of staff pages and papers too, "staff": true
    messages.po     the words of the screens (English needs none: it is the language of the message ids)
    questions.po    the questionnaires' texts by their Vietnamese wording, unless the questionnaire brings them itself

The package's own languages lie beside this file; a province adds its own in `<instance>/languages/`, which
`find_languages` reads; a desk hears of those from its centre (`receive_languages`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEFAULT = "vi"
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
_LONGEST = 16


class BadLanguage(ValueError):
    """A folder that is not a language; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Language:
    """A language. `name` is its own; `folder` is None when the words came over the wire (`words`, see
    `receive_languages`)."""

    code: str
    name: str
    decimal_sign: str = ","
    staff: bool = False
    folder: Path | None = None
    words: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def file(self, name: str) -> Path | None:
        """One of the folder's files (`messages.po`, `questions.po`), or None."""
        if self.folder is None:
            return None
        places = (self.folder / "LC_MESSAGES" / name, self.folder / name)
        return next((place for place in places if place.is_file()), None)


#: Code → own name, in the order in which languages are offered. Changed in place: whoever holds it sees new ones.
OWN_NAMES: dict[str, str] = {}
_places: tuple[Path, ...] = ()
_here: dict[str, Language] = {}
_received: dict[str, Language] = {}
_wrong: list[str] = []


def find_language(code: str) -> Language | None:
    """The language with this code: of a folder, else as the centre sent it."""
    return _here.get(code) or _received.get(code)


def find_received(code: str) -> Language | None:
    """What the centre sent of this language, if anything."""
    return _received.get(code)


def staff_locales() -> tuple[str, ...]:
    """The languages of staff pages and papers."""
    return tuple(code for code in OWN_NAMES if (one := _here.get(code)) is not None and one.staff)


def is_code(text: str) -> bool:
    """Whether `text` can be the code of a language (BCP 47, at most 16 characters)."""
    return len(text) <= _LONGEST and _CODE.match(text) is not None


def find_languages(*places: Path) -> None:
    """Find the languages of the package and of these folders of languages. The package's own come first; a folder that
    cannot be read as a language is left out (`find_folder_problems` says why)."""
    global _places
    _places = places
    refresh_languages()


def refresh_languages() -> None:
    """Find the languages again, where `find_languages` found them."""
    languages: dict[str, Language] = {}
    _wrong.clear()
    for place in (HERE, *_places):
        for folder in sorted(place.iterdir()) if place.is_dir() else ():
            if (folder / "language.json").is_file() and folder.name not in languages:
                try:
                    languages[folder.name] = read_language(folder)
                except BadLanguage as error:
                    _wrong.append(str(error))
    _here.clear()
    _here.update(languages)
    _name()


def find_folder_problems() -> list[str]:
    """Why folders beside the languages are none, a sentence each."""
    return list(_wrong)


def read_language(folder: Path) -> Language:
    """The language of a folder. Raises `BadLanguage`."""
    path = folder / "language.json"
    if not is_code(folder.name):
        raise BadLanguage(f"{folder.name}: not a language code (letters like km, or cjm-x-test; at most 16)")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        name, sign = value["name"], value.get("decimal_sign", ",")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadLanguage(f"{path.name} of {folder.name}: {error}") from error
    if type(name) is not str or not 0 < len(name.strip()) <= 40 or sign not in (",", "."):
        raise BadLanguage(f"{path.name} of {folder.name}: name (1 to 40 letters) or decimal_sign (, or .) is wrong")
    return Language(folder.name, name.strip(), sign, value.get("staff") is True, folder)


def receive_languages(languages: Mapping[str, Mapping[str, Any]]) -> None:
    """The languages the centre sent, in place of those it sent before: code → `name`, `decimal_sign`, `plural` (a
    gettext expression), `messages` (message id → text, or forms of the plural)."""
    _received.clear()
    for code, value in languages.items():
        if is_code(code):
            _received[code] = Language(code, value["name"], value.get("decimal_sign", ","), words=value)
    _name()


def _name() -> None:
    names = {**{code: one.name for code, one in _received.items()}, **{code: one.name for code, one in _here.items()}}
    ordered = sorted(names, key=lambda code: (code != DEFAULT, code != "en", code))
    OWN_NAMES.clear()
    OWN_NAMES.update({code: names[code] for code in ordered})


find_languages()
