"""The faces of the papers: complete, made once, safe with two makers at a time, and the office's own where named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import pytest
import reportlab
from fontTools.ttLib import TTFont
from reportlab.pdfbase.pdfmetrics import stringWidth

from admin.reports import fonts

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = "Chi so hai long tai Bo phan Mot cua, sau day goi la chi so, la ty le phieu chon muc 4 hoac 5 o cau hoi."
WINDOWS_NAMES = ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> fonts.FontFamily:
    return fonts.family(None, tmp_path_factory.mktemp("instance") / "fonts")


def folder_with(folder: Path, faces: fonts.FontFamily, names: tuple[str, ...] = WINDOWS_NAMES) -> Path:
    folder.mkdir()
    for path, name in zip(astuple(faces), names, strict=True):
        shutil.copy(path, folder / name)
    return folder


def test_every_face_has_every_vietnamese_letter_and_is_static(made: fonts.FontFamily) -> None:
    assert len(fonts.vietnamese_letters()) == 147
    for path in astuple(made):
        with TTFont(path) as font:
            assert {ord(letter) for letter in fonts.vietnamese_letters()} <= set(font.getBestCmap())
            assert "fvar" not in font


def test_the_four_faces_differ(made: fonts.FontFamily) -> None:
    assert len({path.read_bytes() for path in astuple(made)}) == 4
    with TTFont(made.bold) as bold, TTFont(made.regular) as regular, TTFont(made.italic) as italic:
        assert bold["hmtx"]["n"][0] > regular["hmtx"]["n"][0]
        assert regular["post"].italicAngle == 0 > italic["post"].italicAngle


def test_a_line_is_as_long_as_in_times(made: fonts.FontFamily) -> None:
    with fonts.in_use(made):
        names = {fonts.REGULAR: "Times-Roman", fonts.BOLD: "Times-Bold", fonts.ITALIC: "Times-Italic"}
        for ours, times in names.items():
            assert stringWidth(SENTENCE, ours, 13) == pytest.approx(stringWidth(SENTENCE, times, 13), rel=0.06)


def test_made_only_once(made: fonts.FontFamily) -> None:
    stamps = [path.stat().st_mtime_ns for path in astuple(made)]
    again = fonts.family(None, made.regular.parent)
    assert again == made
    assert [path.stat().st_mtime_ns for path in astuple(again)] == stamps


def test_two_processes_at_once_make_the_same_files(tmp_path: Path, made: fonts.FontFamily) -> None:
    program = "import sys, pathlib; from admin.reports import fonts; fonts.family(None, pathlib.Path(sys.argv[1]))"
    makers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=os.environ) for _ in range(2)
    ]
    assert [maker.wait(120) for maker in makers] == [0, 0]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in astuple(made)
    }


def test_a_half_written_face_is_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError):
        fonts.family(None, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "names",
    [WINDOWS_NAMES, ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.TTF")],
)
def test_the_folder_of_the_office_comes_first(tmp_path: Path, made: fonts.FontFamily, names: tuple[str, ...]) -> None:
    folder = folder_with(tmp_path / "office", made, names)
    found = fonts.family(folder, tmp_path / "cache")
    assert [path.name for path in astuple(found)] == list(names)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("lost", WINDOWS_NAMES)
def test_a_folder_without_a_face_is_refused_by_name(tmp_path: Path, made: fonts.FontFamily, lost: str) -> None:
    folder = folder_with(tmp_path / "office", made)
    (folder / lost).unlink()
    with pytest.raises(fonts.FontError) as refused:
        fonts.family(folder, tmp_path)
    assert refused.value.code == "fonts_missing"
    assert str(folder) in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fonts.FontError) as refused:
        fonts.family(tmp_path / "nowhere", tmp_path)
    assert refused.value.code == "fonts_missing"


def test_a_face_without_vietnamese_letters_is_refused(tmp_path: Path, made: fonts.FontFamily) -> None:
    folder = folder_with(tmp_path / "office", made)
    shutil.copy(Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf", folder / "timesbd.ttf")
    with pytest.raises(fonts.FontError) as refused, fonts.in_use(fonts.family(folder, tmp_path)):
        pytest.fail("a face without Vietnamese letters was taken")
    assert refused.value.code == "fonts_incomplete"
    assert "timesbd.ttf" in str(refused.value)


def test_a_broken_file_is_refused(tmp_path: Path, made: fonts.FontFamily) -> None:
    folder = folder_with(tmp_path / "office", made)
    (folder / "timesi.ttf").write_bytes(b"no font")
    with pytest.raises(fonts.FontError) as refused, fonts.in_use(fonts.family(folder, tmp_path)):
        pytest.fail("a broken file was taken")
    assert refused.value.code == "fonts_unreadable"


def test_another_family_takes_the_place_of_the_first(tmp_path: Path, made: fonts.FontFamily) -> None:
    heavy = fonts.FontFamily(made.bold, made.bold, made.italic, made.bold_italic)
    with fonts.in_use(made):
        before = stringWidth(SENTENCE, fonts.REGULAR, 13)
        bold = stringWidth(SENTENCE, fonts.BOLD, 13)
    with fonts.in_use(heavy):
        assert stringWidth(SENTENCE, fonts.REGULAR, 13) == bold
    with fonts.in_use(made):
        assert stringWidth(SENTENCE, fonts.REGULAR, 13) == before < bold


def test_reportlab_falls_back_to_our_face_and_not_to_helvetica() -> None:
    program = (
        "import admin.reports.paper\n"
        "from reportlab.lib.styles import ParagraphStyle\n"
        "from reportlab.platypus.tables import CellStyle\n"
        "print(ParagraphStyle.defaults['fontName'], CellStyle.fontname)\n"
    )
    arguments = [sys.executable, "-c", program]
    said = subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.split() == [fonts.REGULAR, fonts.REGULAR]
