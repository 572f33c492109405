"""Reads the catalogues: the compiled file when it is there and fresh, else the text file itself.

`python -m translations compile` (part of set-up) writes the compiled files; a checkout without them still speaks
Vietnamese, it only starts a little slower.
"""

from __future__ import annotations

import gettext as stdlib
import io
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


def text_file(locale: str) -> Path:
    """The catalogue people edit."""
    return HERE / locale / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(locale: str) -> stdlib.NullTranslations:
    """The messages of a language. English is the language of the message ids and needs no catalogue."""
    source = text_file(locale)
    if not source.exists():
        return stdlib.NullTranslations()
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as f:
            return stdlib.GNUTranslations(f)
    return stdlib.GNUTranslations(io.BytesIO(compile_text(source)))


def compile_text(source: Path) -> bytes:
    """The compiled form of a `.po` file, as bytes."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as f:
        messages = read_po(f, locale=source.parent.parent.name)  # without it the plural rule gets lost
    out = io.BytesIO()
    write_mo(out, messages)
    out.seek(0)
    return out.getvalue()
