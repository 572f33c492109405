"""The four faces of the papers: the office's own Times New Roman, or faces made once from Noto Serif.

Papers of Vietnamese offices are set in Times New Roman, which may not be passed on with a program. An office that
owns it names its folder in the settings. Otherwise four static faces are cut from the variable Noto Serif of the
package `fontpkg-noto-serif`, reduced to the letters a paper needs, and kept in the instance folder: about two
seconds, once.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from reportlab.pdfbase import pdfmetrics, ttfonts

from admin.reports import FACE

REGULAR, BOLD, ITALIC, BOLD_ITALIC = FACE, f"{FACE}-Bold", f"{FACE}-Italic", f"{FACE}-BoldItalic"
_NAMES = (REGULAR, BOLD, ITALIC, BOLD_ITALIC)

#: Names a face goes by in a folder, most likely first: Windows' Times New Roman, then the usual style suffixes.
_KNOWN = {
    "regular": ("times.ttf", "*-regular.ttf"),
    "bold": ("timesbd.ttf", "*-bold.ttf"),
    "italic": ("timesi.ttf", "*-italic.ttf"),
    "bold_italic": ("timesbi.ttf", "*-bolditalic.ttf"),
}
#: Weight of each face made here, and the width of all: at full width a line is 15 % longer than in Times New Roman,
#: for which the papers are planned; at this width it is as long, within 4 %.
_WEIGHTS = {"regular": 400, "bold": 700, "italic": 400, "bold_italic": 700}
_WIDTH = 80
#: Raised whenever the recipe changes, so that faces of an older recipe are not used again.
_RECIPE = "1"

_drawing = threading.Lock()
_registered: FontFamily | None = None


class FontError(RuntimeError):
    """The faces of the papers cannot be used: `code` is a stable word, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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


def family(fonts_dir: Path | None, cache: Path) -> FontFamily:
    """The four faces of `fonts_dir` if the office named one, else those made from Noto Serif and kept in `cache`.

    `cache` is made if need be. Two processes may ask at once: each writes whole files under the final name, and both
    write the same bytes. FontError `fonts_missing` when `fonts_dir` lacks a face.
    """
    return _family_of(fonts_dir) if fonts_dir is not None else _made_family(cache)


@contextmanager
def in_use(faces: FontFamily) -> Iterator[None]:
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


def _load(name: str, path: Path) -> ttfonts.TTFont:
    """A face from its file, known to have every Vietnamese letter."""
    try:
        font = ttfonts.TTFont(name, str(path), shapable=False)
    except (ttfonts.TTFError, OSError) as error:
        raise FontError(
            "fonts_unreadable",
            f"{path.name} cannot be read as a TrueType font. No report was made. Name another font folder.",
        ) from error
    lacking = [letter for letter in vietnamese_letters() if ord(letter) not in font.face.charToGlyph]
    if lacking:
        raise FontError(
            "fonts_incomplete",
            f"{path.name} lacks {len(lacking)} Vietnamese letters. No report was made. Name another font folder.",
        )
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
    found: dict[str, Path] = {}
    for role, names in _KNOWN.items():
        match = [path for name in names for lower, path in files.items() if Path(lower).match(name)]
        if not match:
            raise FontError(
                "fonts_missing",
                f"The font folder {folder} has no file for the face '{role.replace('_', ' ')}'. No report was made. "
                "Put the four faces of one family there, or leave the setting empty.",
            )
        found[role] = match[0]
    return FontFamily(**found)


def _made_family(cache: Path) -> FontFamily:
    """The faces kept in `cache`, made there first if they are not."""
    import fontpkg_noto_serif
    from fontTools import version as tools

    folder = Path(fontpkg_noto_serif.ROOT) / "files"
    sources = {False: folder / "NotoSerif[wdth,wght].ttf", True: folder / "NotoSerif-Italic[wdth,wght].ttf"}
    sign = f"{_RECIPE}-{tools}-{sources[False].stat().st_size:x}-{sources[True].stat().st_size:x}"
    paths = {role: cache / f"noto-serif-{sign}-{role}.ttf" for role in _WEIGHTS}
    for slanted, source in sources.items():
        lacking = [role for role, path in paths.items() if ("italic" in role) == slanted and not path.exists()]
        if lacking:
            reduced = _reduced(source)
            for role in lacking:
                _write(paths[role], _instance(reduced, role))
    return FontFamily(**paths)


def _reduced(source: Path) -> bytes:
    """The variable font with only the letters of a paper: making a face from it is ten times as fast."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    letters = {ord(letter) for letter in vietnamese_letters()}
    subsetter.populate(unicodes=letters | {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040), 0x2212})
    with TTFont(source, lazy=True, recalcTimestamp=False) as font:
        subsetter.subset(font)
        return _bytes_of(font)


def _instance(reduced: bytes, role: str) -> bytes:
    """One static face, under a name of its own."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    with TTFont(io.BytesIO(reduced), recalcTimestamp=False) as font:
        instantiateVariableFont(font, {"wght": _WEIGHTS[role], "wdth": _WIDTH}, inplace=True)
        font["name"].setName(f"NotoSerifPaper-{role.replace('_', '')}", 6, 3, 1, 0x409)
        return _bytes_of(font)


def _bytes_of(font: object) -> bytes:
    out = io.BytesIO()
    font.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Put a whole file in place at once; another process doing the same does no harm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".face-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(name, path)
    except PermissionError:
        # Windows: another process already holds the finished file open. Its bytes are these bytes.
        if not path.exists():
            raise
    finally:
        Path(name).unlink(missing_ok=True)
