"""Paper formats of slips as pixels: what the printer draws is read by an independent decoder."""

from __future__ import annotations

import dataclasses
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from PIL import Image, ImageDraw

from kiosk import qr_code
from kiosk.desk import reference
from kiosk.slips import escpos, minting, slip_paper_formats
from models.clock import Moment
from models.keys import read_or_make_key
from models.reference.localized_text import LocalText
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows, qr_reader, thermal_printer
from tests.fixtures.desk_command import run_desk_command
from tests.fixtures.paired_desk import LONG_NAME, change_reference, make_paired_app
from translations import use_locale

NOW = Moment(1_790_000_000_000, 1_000)
PROCEDURE = {"code": "1.001193", "number": 1, "name": {"vi": "Đăng ký khai sinh", "en": "Registering a birth"}}
LONG_PROCEDURE = "Cấp Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản gắn liền với đất"
DAMAGE = 0.10


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_paired_app(tmp_path_factory.mktemp("papers"))
    change_reference(made, lambda value: value.update(typed_keys={"1": "5c" * 32}, procedures=[PROCEDURE]))
    with made.extensions["database"].write() as session:
        desk_state_rows.put_texts(session, public_url="https://danhgia.ninhbinh.gov.vn")
    yield made
    made.extensions["database"].close()


@pytest.fixture(scope="module")
def known(app: Flask) -> reference.Reference:
    with app.extensions["database"].read() as session:
        found = reference.read_reference(session)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def made(app: Flask) -> list[minting.PrintableSlip]:
    key = read_or_make_key(app.extensions["settings"].key_file)
    with app.extensions["database"].write() as session:
        return [
            minting.mint_slip(session, key, NOW, stage=Stage.SUBMISSION, procedure="1.001193", due_days=3)
            for _ in range(10)
        ]


def read(image: Image.Image) -> list[str]:
    """The QR codes of a picture; in the dots of one the decoder may take a row for a barcode of goods."""
    found = qr_reader.read_qr_codes(image.convert("L"))
    return sorted(one.text for one in found)


def printed(data: bytes) -> tuple[list[Image.Image], int]:
    """What a thermal printer makes of ESC/POS: the pieces of paper it cuts, and its widest band in bytes. Any command
    it would not know is an error."""
    pieces: list[Image.Image] = []
    rows, width, most, at = bytearray(), 0, 0, 0
    while at < len(data):
        two, three = data[at : at + 2], data[at : at + 3]
        if two == b"\x1b@":
            at += 2
        elif data[at : at + 4] == b"\x1dv0\0":
            across, lines = (int.from_bytes(data[at + 4 + step : at + 6 + step], "little") for step in (0, 2))
            band = data[at + 8 : at + 8 + across * lines]
            assert len(band) == across * lines and width in (0, across)
            rows, width, most, at = rows + band, across, max(most, len(band)), at + 8 + len(band)
        elif two == b"\x1bd":
            rows, at = rows + bytes(width * 30 * data[at + 2]), at + 3
        elif three == b"\x1dVB":
            paper = Image.frombytes("1", (width * 8, len(rows) // width), bytes(255 - byte for byte in rows))
            pieces, rows, width, at = [*pieces, paper], bytearray(), 0, at + 4
        else:
            raise AssertionError(f"a printer does not know {data[at : at + 4]!r}")
    assert not rows, "not cut"
    return pieces, most


def pixels(pdf: bytes, dpi: int = 203) -> list[Image.Image]:
    """The pages of a PDF as a printer's driver draws them, one bit a dot: no grey at edges, nothing dithered."""
    with pypdfium2.PdfDocument(pdf) as document:
        drawn = [
            page.render(
                scale=dpi / 72, grayscale=True, no_smoothtext=True, no_smoothimage=True, no_smoothpath=True
            ).to_pil()
            for page in document
        ]  # fmt: skip
    return [page.convert("1", dither=Image.Dither.NONE) for page in drawn]


def draw(
    made: list[minting.PrintableSlip], known: reference.Reference, paper: str, form: str, locale: str = "vi"
) -> bytes:
    with use_locale(locale):
        return slip_paper_formats.render_slips(made, known, paper, form)


@pytest.mark.parametrize("paper", ["80", "58"])
def test_a_thermal_printer_draws_the_picture_dot_by_dot(
    made: list[minting.PrintableSlip], known: reference.Reference, pictures: Path, paper: str
) -> None:
    pieces, most = printed(draw(made[:2], known, paper, "escpos"))
    assert [read(piece) for piece in pieces] == [[one.url] for one in made[:2]]
    assert most <= escpos.BAND * slip_paper_formats.ROLLS[paper][0] // 8
    picture = Image.open(io.BytesIO(draw(made[:1], known, paper, "png")))
    assert pieces[0].crop((0, 0, *picture.size)).tobytes() == picture.tobytes()
    assert pieces[0].crop((0, picture.height, *pieces[0].size)).convert("L").getextrema() == (255, 255)
    pieces[0].save(pictures / f"R1-escpos-{paper}.png")


@pytest.mark.parametrize(("paper", "size"), [("80", 80.0), ("58", 58.0), ("a5", 148.0), ("a4", 210.0)])
def test_a_pdf_rendered_for_a_thermal_head_decodes(
    made: list[minting.PrintableSlip], known: reference.Reference, pictures: Path, paper: str, size: float
) -> None:
    count = 10 if paper == "a4" else 2
    pdf = draw(made[:count], known, paper, "pdf")
    assert pdf == draw(made[:count], known, paper, "pdf")
    pages = pixels(pdf)
    expected = [made[:8], made[8:]] if paper == "a4" else [[one] for one in made[:2]]
    assert [read(page) for page in pages] == [sorted(one.url for one in slips) for slips in expected]
    assert pages[0].width * 25.4 / 203 == pytest.approx(size, abs=0.3)
    pages[0].save(pictures / f"R1-pdf-{paper}.png")


@pytest.mark.parametrize("paper", ["80", "58", "a5", "a4"])
@pytest.mark.parametrize("angle", [7, 90])
def test_a_paper_held_askew_decodes(
    made: list[minting.PrintableSlip], known: reference.Reference, paper: str, angle: int
) -> None:
    (page,) = pixels(draw(made[:1], known, paper, "pdf"))
    assert read(page.convert("L").rotate(angle, expand=True, fillcolor=255)) == [made[0].url]


@pytest.mark.parametrize("paper", ["80", "58", "a5", "a4"])
@pytest.mark.parametrize("damage", ["ink", "torn", "crumpled"])
def test_a_code_with_a_tenth_of_its_modules_damaged_decodes(
    made: list[minting.PrintableSlip], known: reference.Reference, pictures: Path, paper: str, damage: str
) -> None:
    image = Image.open(io.BytesIO(draw(made[:1], known, paper, "png"))).convert("1")
    (found,) = qr_reader.read_qr_codes(image.convert("L"))
    corner, far = found.position.top_left, found.position.top_right
    count = len(qr_code.make_paper_code(made[0].url).get_matrix()) - 8
    side = round((far.x - corner.x) / count)
    assert side * count == pytest.approx(far.x - corner.x, abs=1)
    ink, dice = ImageDraw.Draw(image), random.Random(7)
    stain = round((DAMAGE * count * count) ** 0.5)  # a stain in the middle, as large as a tenth of the code
    left, top = (count // 2 - stain // 2 + dice.randrange(-3, 4) for _ in range(2))
    for row in range(top, top + stain):
        for column in range(left, left + stain):
            x, y = corner.x + column * side, corner.y + row * side
            fill = {"ink": 0, "torn": 1, "crumpled": dice.randrange(2)}[damage]
            ink.rectangle((x, y, x + side - 1, y + side - 1), fill=fill)
    image.save(pictures / f"R1-damaged-{damage}-{paper}.png")
    assert read(image) == [made[0].url]


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("stage", [Stage.SUBMISSION, Stage.SUPPLEMENT, Stage.REFUSAL], ids=lambda stage: stage.value)
def test_blocks_of_the_three_forms_and_cards_hold_their_words(
    made: list[minting.PrintableSlip], known: reference.Reference, pictures: Path, stage: Stage, locale: str
) -> None:
    long = dataclasses.replace(known, agency_name=LocalText({"vi": LONG_NAME}))
    name = LocalText({"vi": LONG_PROCEDURE})
    wordy = dataclasses.replace(made[0], stage=stage, procedure=reference.Procedure("1", 1, name))
    with use_locale(locale):
        block, card = slip_paper_formats.draw_corner(wordy, long), slip_paper_formats.draw_card(wordy, long)
    block.save(pictures / f"R1-block-{stage.value}-{locale}.png")
    card.save(pictures / f"R1-card-{stage.value}-{locale}.png")
    assert read(block) == read(card) == [wordy.url]
    inside = block.crop((4, 4, block.width - 4, block.height - 4)).convert("L")
    around = Image.new("L", inside.size, 255)
    around.paste(inside.crop((4, 4, inside.width - 4, inside.height - 4)), (4, 4))
    assert around.tobytes() == inside.tobytes()  # nothing touches the frame
    edge = card.convert("L")
    for strip in ((0, 0, 40, edge.height), (edge.width - 40, 0, *edge.size), (0, edge.height - 20, *edge.size)):
        assert edge.crop(strip).getextrema() == (255, 255)


def test_without_a_code_the_block_shows_the_address_alone(
    made: list[minting.PrintableSlip], known: reference.Reference
) -> None:
    bare = dataclasses.replace(made[0], code=None)
    with use_locale("vi"):
        block, full = slip_paper_formats.draw_corner(bare, known), slip_paper_formats.draw_corner(made[0], known)
    assert read(block) == [bare.url] and block.tobytes() != full.tobytes()


@pytest.mark.parametrize(("paper", "form", "count"), [("a5", "escpos", 1), ("a4", "escpos", 1), ("80", "png", 2)])
def test_what_does_not_go_together(
    made: list[minting.PrintableSlip], known: reference.Reference, paper: str, form: str, count: int
) -> None:
    with pytest.raises(slip_paper_formats.NotOnThisPaper):
        draw(made[:count], known, paper, form)


# To the printer


def test_the_command_saves_prints_and_says_when_the_printer_is_away(app: Flask, tmp_path: Path) -> None:
    own, device = app.extensions["settings"].instance, tmp_path / "lp0"
    device.touch()
    sheet = tmp_path / "sheet.pdf"
    done = run_desk_command(own, "slip", "--stage", "refusal", "--paper", "a4", "--format", "pdf", "--count", "3",
                   "-o", str(sheet), "--json")  # fmt: skip
    assert done.returncode == 0 and sheet.read_bytes().startswith(b"%PDF"), done.stderr
    assert done.stdout.count('"token"') == 4  # the first one's own, and the list
    done = run_desk_command(own, "slip", "--stage", "refusal", "--paper", "58", "--print", str(device), "--json")
    assert done.returncode == 0 and len(printed(device.read_bytes())[0]) == 1, done.stderr
    serial = json.loads(done.stdout)["serial"]
    assert json.loads(done.stdout)["print"] == "taken" and f"--again {serial} --paper 58" in done.stderr
    again = run_desk_command(
        own, "slip", "--again", str(serial), "--paper", "58", "-o", str(tmp_path / "again.png"), "--json"
    )
    assert json.loads(again.stdout)["token"] == json.loads(done.stdout)["token"], again.stderr
    away = run_desk_command(own, "slip", "--stage", "refusal", "--print", str(tmp_path / "none"), "--json")
    assert (away.returncode, away.stdout) == (1, "") and away.stderr.startswith("not_printed: ")
    assert f"Phiếu số {serial + 1} đã ghi trong sổ" in away.stderr and f"slip --again {serial + 1}" in away.stderr
    with thermal_printer.run_printer(thermal_printer.make_answering_printer()) as machine:
        well = run_desk_command(
            own, "slip", "--again", str(serial), "--count", "2", "--print", machine.address, "--json"
        )
    assert json.loads(well.stdout)["print"] == "printed" and well.stderr == ""
    urls = [one["url"] for one in json.loads(well.stdout)["slips"]]
    assert [read(paper)[0] for paper in machine.head.papers] == urls and machine.lines == 1
    with thermal_printer.run_printer(
        thermal_printer.make_answering_printer(status=thermal_printer.PAPER_OUT)
    ) as machine:
        empty = run_desk_command(own, "slip", "--stage", "refusal", "--print", machine.address)
    assert empty.returncode == 1 and empty.stderr.startswith("not_printed: Chưa in gì (máy in hết giấy).")
    beyond = run_desk_command(own, "slip", "--again", str(serial + 2), "--count", "2", "--format", "pdf", "-o", "x.pdf")
    assert beyond.returncode == 1 and beyond.stderr.startswith("unknown_slip: "), beyond.stderr
    for wrong in ([], ["--stage", "refusal", "--again", "4"], ["--again", "4", "--due", "2026-11-30"]):
        assert run_desk_command(own, "slip", *wrong).returncode == 2
    for wrong in (["--paper", "a5", "--print", str(device)], ["--count", "2", "-o", "x.png"], ["--format", "pdf"]):
        assert run_desk_command(own, "slip", "--stage", "refusal", *wrong).returncode == 2
