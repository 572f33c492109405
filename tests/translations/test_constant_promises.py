"""Constant promises in the catalogue: no word of safety stands in a sentence that nobody reckons."""

from __future__ import annotations

import pytest

from translations.loader import text_file
from translations.maintenance.catalogues import catalogue_of, extracted

#: The files that ask the store (`kiosk.desk.promise`) before they say so.
RECKONED = {"kiosk/staff/promise_text.py", "kiosk/tablet/thanks.py"}
PROMISES = {" safe", "safely", "none is lost", "is lost", "are lost", "loses none"}
IN_VIETNAMESE = {"an toàn", "không mất phiếu", "còn nguyên"}


@pytest.fixture(scope="module")
def messages() -> dict[str, tuple[str, list[str]]]:
    """Message → its Vietnamese words and the files that use it."""
    catalogue, found = catalogue_of(text_file("vi")), {}
    for key, files in extracted().items():
        ids = key if isinstance(key, tuple) else (key,)
        words = catalogue.get(ids[0]).string
        found[" ".join(ids)] = (words[0] if isinstance(words, tuple) else words, files)
    return found


def test_only_what_asks_the_store_promises(messages: dict[str, tuple[str, list[str]]]) -> None:
    promising = {
        message: files
        for message, (words, files) in messages.items()
        if any(one in message.lower() for one in PROMISES) or any(one in words.lower() for one in IN_VIETNAMESE)
    }
    assert {file for files in promising.values() for file in files} == RECKONED, promising
