"""Fonts of the papers: complete, as long as Times New Roman, and the office's own where it names them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFontFile

from admin.pdf import fonts

ROOT = Path(__file__).resolve().parents[3]
SENTENCE = "Chi so hai long tai Bo phan Mot cua, sau day goi la chi so, la ty le phieu chon muc 4 hoac 5 o cau hoi."
WINDOWS_NAMES = ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf")


@pytest.fixture(scope="module")
def carried() -> fonts.FontFamily:
    return fonts.find_font_family(None)


def folder_with(folder: Path, faces: fonts.FontFamily, names: tuple[str, ...] = WINDOWS_NAMES) -> Path:
    folder.mkdir()
    for path, name in zip(astuple(faces), names, strict=True):
        shutil.copy(path, folder / name)
    return folder


def test_every_face_has_every_vietnamese_letter_with_a_shape(carried: fonts.FontFamily) -> None:
    assert len(fonts.vietnamese_letters()) == 147
    for path in astuple(carried):
        face = TTFontFile(str(path))
        assert {ord(letter) for letter in fonts.vietnamese_letters()} <= set(face.charToGlyph)
        composed = {face.charToGlyph[ord(letter)] for letter in fonts.vietnamese_letters()}
        assert len(composed) == 147 and 0 not in composed
        shapes = [face.glyphPos[glyph + 1] - face.glyphPos[glyph] for glyph in composed]
        assert min(shapes) > 0


def test_the_carried_faces_are_true_type_with_their_licence(carried: fonts.FontFamily) -> None:
    for path in astuple(carried):
        assert path.parent == fonts.FACES and path.read_bytes()[:4] == b"\0\1\0\0"
        assert "fvar" not in TTFontFile(str(path)).table
    licence = (fonts.FACES / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "Tinos Project Authors" in licence


def test_the_four_faces_differ(carried: fonts.FontFamily) -> None:
    assert len({path.read_bytes() for path in astuple(carried)}) == 4
    regular, bold, italic, bold_italic = (TTFontFile(str(path)) for path in astuple(carried))
    assert bold.charWidths[ord("n")] > regular.charWidths[ord("n")]
    assert regular.italicAngle == bold.italicAngle == 0
    assert italic.italicAngle < 0 and bold_italic.italicAngle < 0


def test_a_line_is_as_long_as_in_times(carried: fonts.FontFamily) -> None:
    with fonts.use_fonts(carried):
        names = {
            fonts.REGULAR: "Times-Roman", fonts.BOLD: "Times-Bold",
            fonts.ITALIC: "Times-Italic", fonts.BOLD_ITALIC: "Times-BoldItalic",
        }  # fmt: skip
        for ours, times in names.items():
            assert stringWidth(SENTENCE, ours, 13) == pytest.approx(stringWidth(SENTENCE, times, 13), rel=0.001)


@pytest.mark.parametrize(
    "names",
    [WINDOWS_NAMES, ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.TTF")],
)
def test_the_office_may_name_its_own(tmp_path: Path, carried: fonts.FontFamily, names: tuple[str, ...]) -> None:
    folder = folder_with(tmp_path / "office", carried, names)
    found = astuple(fonts.find_font_family(folder))
    assert [path.name for path in found] == list(names)
    assert {path.parent for path in found} == {folder}


@pytest.mark.parametrize("lost", WINDOWS_NAMES)
def test_a_folder_without_a_face_is_refused_by_name(tmp_path: Path, carried: fonts.FontFamily, lost: str) -> None:
    folder = folder_with(tmp_path / "office", carried)
    (folder / lost).unlink()
    with pytest.raises(fonts.FontError) as refused:
        fonts.find_font_family(folder)
    assert refused.value.code == "fonts_missing"
    assert str(folder) in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fonts.FontError) as refused:
        fonts.find_font_family(tmp_path / "nowhere")
    assert refused.value.code == "fonts_missing"


def test_a_face_without_vietnamese_letters_is_refused(tmp_path: Path, carried: fonts.FontFamily) -> None:
    folder = folder_with(tmp_path / "office", carried)
    shutil.copy(Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf", folder / "timesbd.ttf")
    with pytest.raises(fonts.FontError) as refused, fonts.use_fonts(fonts.find_font_family(folder)):
        pytest.fail("a face without Vietnamese letters was taken")
    assert refused.value.code == "fonts_incomplete"
    assert "timesbd.ttf" in str(refused.value)


def test_a_broken_file_is_refused(tmp_path: Path, carried: fonts.FontFamily) -> None:
    folder = folder_with(tmp_path / "office", carried)
    (folder / "timesi.ttf").write_bytes(b"no font")
    with pytest.raises(fonts.FontError) as refused, fonts.use_fonts(fonts.find_font_family(folder)):
        pytest.fail("a broken file was taken")
    assert refused.value.code == "fonts_unreadable"


def test_another_family_takes_the_place_of_the_first(carried: fonts.FontFamily) -> None:
    heavy = fonts.FontFamily(carried.bold, carried.bold, carried.italic, carried.bold_italic)
    with fonts.use_fonts(carried):
        before = stringWidth(SENTENCE, fonts.REGULAR, 13)
        bold = stringWidth(SENTENCE, fonts.BOLD, 13)
    with fonts.use_fonts(heavy):
        assert stringWidth(SENTENCE, fonts.REGULAR, 13) == bold
    with fonts.use_fonts(carried):
        assert stringWidth(SENTENCE, fonts.REGULAR, 13) == before < bold


def test_reportlab_falls_back_to_our_face_and_not_to_helvetica() -> None:
    program = (
        "import admin.reports.document.monthly_report\n"
        "from reportlab.lib.styles import ParagraphStyle\n"
        "from reportlab.platypus.tables import CellStyle\n"
        "print(ParagraphStyle.defaults['fontName'], CellStyle.fontname)\n"
    )
    arguments = [sys.executable, "-c", program]
    said = subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.split() == [fonts.REGULAR, fonts.REGULAR]
