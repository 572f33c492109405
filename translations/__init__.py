"""Translations: the words of every screen, paper and error, in the reader's language.

Both apps, the commands and the papers ask the same `gettext`; the language is a context variable, so a request, a
command and a PDF in another language use one call. Message ids are English sentences; the Vietnamese catalogue is
complete (a test holds it) and Vietnamese is the default language. Which languages there are is found, not listed here
(`discovery`). Nothing here imports the rest of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from translations import discovery, loader
from translations.discovery import DEFAULT as DEFAULT
from translations.discovery import OWN_NAMES as OWN_NAMES
from translations.discovery import staff_locales as staff_locales
from translations.loader import load_catalogue

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True

#: The codes of all languages there are, in order; like `OWN_NAMES` (code → own name) it sees new ones.
LOCALES = OWN_NAMES.keys()

_current: ContextVar[str] = ContextVar("hailong_locale", default=DEFAULT)
_worded: ContextVar[Mapping[str, str]] = ContextVar("hailong_words", default={})  # noqa: B039 - never changed


def find_languages(*places: Path) -> None:
    """Find the languages again: the package's own and those in these folders; read again what changed."""
    discovery.find_languages(*places)
    loader.forget_changed()


def refresh_languages() -> None:
    """The same in the folders of the last `find_languages`: a language may have come, or have other words."""
    discovery.refresh_languages()
    loader.forget_changed()


def receive_languages(languages: Mapping[str, Mapping[str, Any]]) -> None:
    """Take the languages a centre sent (see `discovery.receive_languages`) in place of those it sent before."""
    discovery.receive_languages(languages)
    loader.forget_changed()


def current_locale() -> str:
    """The language in force, one of `LOCALES`."""
    return _current.get()


def known_locale(locale: str | None) -> str:
    """`locale` if there is such a language, else the default one."""
    return locale if locale in LOCALES else DEFAULT


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Everything inside the block speaks `locale` (an unknown one means the default language)."""
    token = _current.set(known_locale(locale))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def use_words(words: Mapping[str, str]) -> Iterator[None]:
    """Everything inside the block says these messages (id → text, places as in the message) in these words: a paper
    that was issued keeps its own when the catalogue's change."""
    token = _worded.set(words)
    try:
        yield
    finally:
        _worded.reset(token)


def set_locale(locale: str | None) -> None:
    """Set the language of the present context, for a web request that lives in a context of its own."""
    _current.set(known_locale(locale))


def gettext(message: str, **values: Any) -> str:
    """`message` (an English sentence) in the current language, with `%(name)s` places filled from `values`."""
    text = _worded.get().get(message) or load_catalogue(current_locale()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, **values: Any) -> str:
    """The form of a message that fits the number `n`; `%(n)s` is `n` unless given otherwise."""
    values.setdefault("n", n)
    text = _worded.get().get(singular if n == 1 else plural)
    return (text or load_catalogue(current_locale()).ngettext(singular, plural, n)) % values


class Lazy:
    """A message translated when it is shown: for texts written at import time, such as form labels."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return gettext(self.message)

    def __mod__(self, values: Any) -> str:
        text: str = str(self) % values
        return text

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def lazy(message: str) -> Any:
    """A message that is translated each time it is turned into text."""
    return Lazy(message)


class FormMessages:
    """What WTForms asks for its own messages: the project's catalogue, which carries them in Vietnamese too."""

    def gettext(self, message: str) -> str:
        return gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return load_catalogue(current_locale()).ngettext(singular, plural, n)


def install_in_jinja(environment: Any) -> None:
    """Give a Jinja environment `_`, `gettext` and `ngettext` in the newstyle form, and the formats as filters."""
    from translations import formats

    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(
        lambda message: load_catalogue(current_locale()).gettext(message),
        lambda singular, plural, n: load_catalogue(current_locale()).ngettext(singular, plural, n),
        newstyle=True,
    )
    environment.globals.update(dash=formats.DASH, current_locale=current_locale, own_names=OWN_NAMES)
    environment.filters.update(
        number=formats.number,
        percent=formats.percent,
        decimal=formats.decimal,
        signed=formats.signed,
        day=formats.day,
        month=formats.month,
        moment=formats.moment,
    )
