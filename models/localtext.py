"""A text in several languages, as it stands in the data of an instrument or an agency."""

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
