"""Localized text: a text in several languages, as data hold it; and words that people type.

The data are those of an instrument or an agency.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping


class LocalText(dict[str, str]):
    """Language code → text, NFC-normalised. Vietnamese is the source of the wording and the fallback."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__({language: unicodedata.normalize("NFC", text) for language, text in texts.items() if text})

    def text(self, language: str) -> str:
        """The text in `language`, else in Vietnamese, else in any language there is, else nothing."""
        return self.get(language) or self.get("vi") or next(iter(self.values()), "")


#: Characters that turn the direction of what follows; kept, they could make a page read other than it is.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_typed_text(text: str) -> str:
    """Words somebody typed, as they may be stored: NFC, plain line ends, no control characters, none that turn the
    direction of what follows, no space around."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    characters = (c for c in lines if c == "\n" or not (unicodedata.category(c) in ("Cc", "Cs") or c in _TURNS))
    return "".join(characters).strip()
