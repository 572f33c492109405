"""Fonts of the papers: the four faces of Tinos, which the project carries, or the office's own.

Papers of Vietnamese offices are set in Times New Roman, which may not be passed on with a program. Tinos has its
metrics (every line is exactly as long) and every Vietnamese letter; it lies in `tinos/`. An office that owns Times New
Roman names its folder in the settings.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from reportlab.pdfbase import pdfmetrics, ttfonts

from admin.error_catalogue.report_errors import FONTS
from admin.pdf import FACE
from models.errors import CodedError

VIETNAMESE_IS_DATA = "the letters that a face must have"

REGULAR, BOLD, ITALIC, BOLD_ITALIC = FACE, f"{FACE}-Bold", f"{FACE}-Italic", f"{FACE}-BoldItalic"
_NAMES = (REGULAR, BOLD, ITALIC, BOLD_ITALIC)
FACES = Path(__file__).resolve().parent / "tinos"

#: Names a face goes by in a folder, most likely first: Windows' Times New Roman, then the usual style suffixes.
_KNOWN = {
    "regular": ("times.ttf", "*-regular.ttf"),
    "bold": ("timesbd.ttf", "*-bold.ttf"),
    "italic": ("timesi.ttf", "*-italic.ttf"),
    "bold_italic": ("timesbi.ttf", "*-bolditalic.ttf"),
}

_drawing = threading.Lock()
_registered: FontFamily | None = None


class FontError(CodedError):
    """The faces of the papers cannot be used."""

    table = FONTS


@dataclass(frozen=True)
class FontFamily:
    """Where the four faces lie, each a static TrueType file with every Vietnamese letter."""

    regular: Path
    bold: Path
    italic: Path
    bold_italic: Path


def vietnamese_letters() -> frozenset[str]:
    """Every letter Vietnamese adds to ASCII, composed, in both cases, and the sign of the đồng."""
    letters = {"đ", "Đ", "₫"}
    for base in "aăâeêioôơuưy":
        for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"):
            letter = unicodedata.normalize("NFC", base + mark)
            letters |= {letter, letter.upper()}
    return frozenset(letters)


def find_font_family(folder: Path | None) -> FontFamily:
    """The four faces of `folder`, which the office names; of `tinos/` when it names none.

    FontError `fonts_missing` when the folder lacks a face.
    """
    return _family_of(folder or FACES)


@contextmanager
def use_fonts(faces: FontFamily) -> Iterator[None]:
    """Inside the block reportlab draws `REGULAR`, `BOLD`, `ITALIC`, `BOLD_ITALIC` with these files.

    One paper is drawn at a time in a process: reportlab keeps its faces in one place for all threads.
    FontError `fonts_unreadable` for a file that is no TrueType face, `fonts_incomplete` for one without all
    Vietnamese letters: reportlab would leave those letters out without a word.
    """
    global _registered
    with _drawing:
        if _registered != faces:
            loaded = [_load(name, path) for name, path in zip(_NAMES, astuple(faces), strict=True)]
            for font in loaded:
                _register(font)
            pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)
            _registered = faces
        yield


def find_missing_letters(text: str) -> str:
    """The letters of a text, each once, that one of the faces in use does not have: reportlab would draw boxes."""
    faces = [pdfmetrics.getFont(name).face for name in _NAMES]
    return "".join(letter for letter in dict.fromkeys(text) if any(ord(letter) not in f.charToGlyph for f in faces))


def _load(name: str, path: Path) -> ttfonts.TTFont:
    """A face from its file, known to have every Vietnamese letter."""
    try:
        font = ttfonts.TTFont(name, str(path), shapable=False)
    except (ttfonts.TTFError, OSError) as error:
        raise FontError("fonts_unreadable", file=path.name) from error
    lacking = [letter for letter in vietnamese_letters() if ord(letter) not in font.face.charToGlyph]
    if lacking:
        raise FontError("fonts_incomplete", file=path.name, n=len(lacking))
    return font


def _register(font: ttfonts.TTFont) -> None:
    """Register a face even when another one had its name: reportlab alone would keep the first one in silence."""
    earlier = pdfmetrics._fonts.pop(font.fontName, None)
    if earlier is not None:
        pdfmetrics._dynFaceNames.pop(earlier.face.name, None)
    pdfmetrics._dynFaceNames.pop(font.face.name, None)
    pdfmetrics.registerFont(font)


def _family_of(folder: Path) -> FontFamily:
    """The faces in a folder, by the names fonts usually have."""
    files = {path.name.lower(): path for path in sorted(folder.glob("*.[tT][tT][fF]"))} if folder.is_dir() else {}
    faces: dict[str, Path] = {}
    for role, names in _KNOWN.items():
        match = [path for name in names for lower, path in files.items() if Path(lower).match(name)]
        if not match:
            raise FontError("fonts_missing", folder=folder, face=role.replace("_", " "))
        faces[role] = match[0]
    return FontFamily(**faces)
