"""Papers as poppler sees them: a second reader and renderer of every PDF."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageChops
from reportlab.pdfgen.canvas import Canvas

from admin.pdf import fonts
from admin.survey import poster_pdf
from kiosk.desk import reference
from kiosk.slips import minting, slip_paper_formats
from models.clock import Moment
from models.keys import read_or_make_key
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows, qr_reader
from tests.fixtures.paired_desk import change_reference, make_paired_app
from tests.fixtures.report_documents import LONG, ONE_SHEET, draw_page, read_paper_text, render_report
from translations import use_locale

#: Cells of a page in which two renderers may differ by so much of 255: they smooth edges in other ways.
CELLS, DIFFERENT = (60, 85), 40
POSTER = poster_pdf.Poster("Phường Hoa Lư", "Quầy 1", "Ông/Bà có hài lòng không?", "NB-14701-Q1", "https://dg.gov.vn")
NOW = Moment(1_790_000_000_000, 1_000)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_paired_app(tmp_path_factory.mktemp("papers"))
    change_reference(made, lambda value: value.update(typed_keys={"1": "5c" * 32}))
    with made.extensions["database"].write() as session:
        desk_state_rows.put_texts(session, public_url="https://danhgia.ninhbinh.gov.vn")
    yield made
    made.extensions["database"].close()


@pytest.fixture(scope="module")
def slips(app: Flask) -> tuple[list[minting.PrintableSlip], reference.Reference]:
    key = read_or_make_key(app.extensions["settings"].key_file)
    with app.extensions["database"].write() as session:
        known = reference.read_reference(session)
        assert known is not None
        return [minting.mint_slip(session, key, NOW, stage=Stage.SUBMISSION, due_days=3) for _ in range(3)], known


def poppler(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")  # a damaged file is complained of, also when it can be drawn
    return done.stdout


def pages(pdf: bytes, folder: Path, dpi: int = 100) -> list[Image.Image]:
    """The pages as poppler draws them, in grey."""
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    poppler("pdftoppm", "-r", str(dpi), "-gray", str(path), str(folder / "page"))
    return [Image.open(page) for page in sorted(folder.glob("page-*.pgm"))]


def embedded(pdf: bytes, folder: Path) -> dict[str, bool]:
    """Font → whether the file brings it."""
    (folder / "paper.pdf").write_bytes(pdf)
    lines = poppler("pdffonts", str(folder / "paper.pdf")).splitlines()[2:]
    columns = re.compile(r"(\S+) .* (yes|no) +(?:yes|no) +(?:yes|no) +\d+ +\d+")
    found = [match for line in lines if (match := columns.fullmatch(line))]
    assert len(found) == len(lines), lines
    return {match[1]: match[2] == "yes" for match in found}


def read(image: Image.Image) -> list[str]:
    """The QR codes of a picture; in the dots of one the decoder may take a row for a barcode of goods."""
    found = qr_reader.read_qr_codes(image.convert("L"))
    return sorted(one.text for one in found)


def differ(one: Image.Image, other: Image.Image) -> int:
    """The largest difference between the cells of two pictures of a page, of 255."""
    small = [image.convert("L").resize(CELLS, Image.Resampling.BOX) for image in (one, other)]
    _, largest = ImageChops.difference(*small).getextrema()
    assert not isinstance(largest, tuple)  # they are grey
    return int(largest)


def letters(text: str) -> Counter[str]:
    """How often each letter stands there; readers may order and part words in other ways."""
    return Counter("".join(text.split()))


@pytest.mark.parametrize("paper", ["80", "58", "a5", "a4"])
def test_the_code_of_a_slip_decodes_in_poppler_s_picture(
    slips: tuple[list[minting.PrintableSlip], reference.Reference], tmp_path: Path, paper: str
) -> None:
    made, known = slips
    with use_locale("vi"):
        drawn = pages(slip_paper_formats.render_slips(made, known, paper, "pdf"), tmp_path, 203)
    expected = [made] if paper == "a4" else [[one] for one in made]
    assert [read(page) for page in drawn] == [sorted(one.url for one in sheet) for sheet in expected]


def test_the_code_of_a_poster_decodes_and_its_fonts_come_along(tmp_path: Path) -> None:
    pdf = poster_pdf.draw_poster(POSTER, fonts.find_font_family(None))
    (page,) = pages(pdf, tmp_path)
    assert read(page) == [POSTER.url]
    assert set(embedded(pdf, tmp_path).values()) == {True}


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("name", [*ONE_SHEET])
def test_a_report_says_and_looks_the_same_to_both_readers(tmp_path: Path, name: str, locale: str) -> None:
    pdf = render_report(ONE_SHEET[name], fonts.find_font_family(None), locale=locale)
    (page,) = pages(pdf, tmp_path)
    assert differ(page, draw_page(pdf)) < DIFFERENT
    assert letters(poppler("pdftotext", str(tmp_path / "paper.pdf"), "-")) == letters(read_paper_text(pdf))
    found = embedded(pdf, tmp_path)
    assert set(found.values()) == {True} and all("Tinos" in font for font in found)


def test_another_report_would_look_different(tmp_path: Path) -> None:
    family = fonts.find_font_family(None)
    (page,) = pages(render_report(ONE_SHEET["ward"], family), tmp_path)
    other = render_report(LONG, family)
    assert differ(page, draw_page(other)) > 2 * DIFFERENT
    assert letters(poppler("pdftotext", str(tmp_path / "paper.pdf"), "-")) != letters(read_paper_text(other))


def test_a_font_that_is_left_out_and_a_code_that_is_covered_would_be_seen(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "other.pdf"))
    canvas.setFont("Helvetica", 12)
    canvas.drawString(100, 700, "Helvetica")
    canvas.save()
    assert embedded((tmp_path / "other.pdf").read_bytes(), tmp_path) == {"Helvetica": False}
    (page,) = pages(poster_pdf.draw_poster(POSTER, fonts.find_font_family(None)), tmp_path)
    (found,) = qr_reader.read_qr_codes(page)
    corner = found.position.top_left
    page.paste(255, (corner.x, corner.y, corner.x + 40, corner.y + 40))  # one of the three eyes
    assert read(page) == []


def test_a_damaged_file_would_be_complained_of(tmp_path: Path) -> None:
    pdf = render_report(ONE_SHEET["ward"], fonts.find_font_family(None))
    with pytest.raises(AssertionError):
        pages(pdf[: len(pdf) // 2], tmp_path)
