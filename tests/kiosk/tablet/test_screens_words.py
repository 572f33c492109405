"""Words of a citizen: typed on the tablet where a desk allows it, or on the own phone by a QR.

The QR is for this one answer.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from models import keys
from models.protocol import note_token
from models.protocol.sidecar import commitment
from tests.fixtures import qr_reader
from tests.fixtures.citizen import Citizen, read_waiting_sidecars
from tests.fixtures.paired_desk import leave_alone, make_paired_app, read_hidden_fields, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", typing=True)


def test_words_are_masked_before_they_are_stored_and_travel_beside_the_entry(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("Chờ lâu.\r\nGọi tôi 0912 345 678 nhé \x07")
    assert someone.path.endswith("/topics") and "Đã viết. Viết lại" in someone.page
    everything = b"".join(path.read_bytes() for path in (app.extensions["settings"].instance).glob("kiosk.sqlite*"))
    assert "Chờ lâu".encode() in everything and b"345 678" not in everything
    someone.topics("wait")
    (p,) = read_payloads(app)
    said = read_waiting_sidecars(app)["c"]
    assert said.value == "Chờ lâu.\nGọi tôi ••• nhé"
    assert p["c"] == commitment(said.salt, said.value) and said.id == someone.id
    assert set(read_waiting_sidecars(app)) == {"c"} and "Chờ" not in str(p)


def test_words_are_never_drawn_again(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("Chờ lâu quá")
    page = someone.topics(act="write").text
    assert "Chờ lâu" not in page and "<textarea" in page and "Lời viết trước vẫn được giữ." in page
    assert "Chờ lâu" not in someone.open(f"/rate/{someone.id}/topics").text


def test_another_language_keeps_what_stands_in_the_field(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.topics(act="write")
    reply = someone.client.post(
        f"/rate/{someone.id}/comment?lang=en", data={"seal": someone.seal, "text": "a <b>", "act": "look"}
    )
    assert "What would you like to write?" in reply.text and ">a &lt;b&gt;</textarea>" in reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    leave_alone(app)
    assert read_waiting_sidecars(app) == {}


@pytest.mark.parametrize(("act", "text"), [("skip", "Chờ lâu"), ("keep", " \r\n ")], ids=["back", "blank"])
def test_going_back_or_blanks_keep_what_was_written_before(app: Flask, act: str, text: str) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("Trước")
    someone.write(text, act=act)
    someone.topics(act="skip")
    assert read_waiting_sidecars(app)["c"].value == "Trước"


def test_writing_again_replaces_and_taking_back_erases(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("Trước")
    someone.write("Sau")
    leave_alone(app)
    assert read_waiting_sidecars(app)["c"].value == "Sau" and read_payloads(app)[0]["state"] == "partial"
    other = Citizen(app)
    other.tap(2)
    other.write("Trước")
    other.write("", act="erase")
    assert "Đã viết" not in other.page
    other.topics()
    assert "c" not in read_payloads(app)[1]


def test_words_of_a_rating_that_was_taken_back_are_not_kept(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("Chờ lâu")
    someone.send(f"/rate/{someone.id}/undo")
    leave_alone(app)
    assert read_payloads(app)[0]["state"] == "withdrawn" and read_waiting_sidecars(app) == {}


def test_the_longest_text_fits_its_envelope(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.write("\U0001d11e" * 990 + "\n" * 20 + "ế" * 500)
    someone.topics()
    value = read_waiting_sidecars(app)["c"].value
    assert len(value) <= 1000 and value.startswith("\U0001d11e" * 990)


def test_a_desk_that_does_not_allow_it_has_no_page_for_it(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "plain")
    someone = Citizen(app)
    someone.tap(2)
    assert "Viết tại đây" not in someone.page and "Viết trên điện thoại" in someone.page
    assert someone.open(f"/rate/{someone.id}/comment").request.path.endswith("/topics")
    someone.send(f"/rate/{someone.id}/comment", text="Chờ lâu", act="keep")
    someone.topics()
    assert read_waiting_sidecars(app) == {}


def test_ticks_stay_when_one_goes_to_write(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.topics("papers", "fair", act="write")
    someone.send(f"/rate/{someone.id}/comment", text="x", act="keep")
    assert re.findall(r'value="(\w+)" checked', someone.page) == ["papers", "fair"]


def read(drawing: str) -> str:
    """What a QR drawn as SVG says."""
    frame = re.search(r'viewBox="0 0 (\d+)', drawing)
    assert frame
    sheet = Image.new("L", (int(frame[1]) * 4, int(frame[1]) * 4), 255)
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1", drawing.rpartition('d="')[2]):
        box = int(x) * 4, int(y) * 4, (int(x) + int(wide)) * 4 - 1, int(y) * 4 + 3
        ImageDraw.Draw(sheet).rectangle(box, fill=0)
    (found,) = qr_reader.read_qr_codes(sheet)
    return found.text


def picture_of(someone: Citizen) -> str:
    found = re.search(r'<img class="qr" src="([^"]+)"', someone.page)
    assert found
    return found[1]


def test_the_qr_opens_a_page_for_this_answer_alone(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    reply = someone.client.get(picture_of(someone))
    assert (reply.status_code, reply.mimetype) == (200, "image/svg+xml")
    said = read(reply.text)
    assert said.startswith("HTTPS://DANHGIA.EXAMPLE/N/")
    paper, signature = note_token.parse(said.rpartition("/")[2])
    instance = app.extensions["settings"].instance
    own, centre = keys.read_or_make_key(instance / "kiosk.key"), keys.read_or_make_key(instance / "centre.key")
    assert note_token.is_genuine(paper, signature, own.public, centre.public)
    assert (paper.id, paper.device, paper.epoch) == (someone.id, 312, 1)
    assert reply.data == someone.client.get(picture_of(someone)).data


def test_there_is_no_picture_without_an_open_answer(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    address = picture_of(someone)
    assert someone.client.get(address).status_code == 200
    someone.send(f"/rate/{someone.id}/undo")
    assert someone.client.get(address).status_code == 404
    someone.tap(3)
    someone.topics()
    assert someone.client.get(address).status_code == 404
    assert someone.client.get(f"/rate/{'0' * 32}/note.svg").status_code == 404
    assert "/note.svg" not in Citizen(app).page


def test_enter_in_the_field_cannot_change_the_language(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    page = someone.topics(act="write").text
    first = re.search(r"<button[^>]*>", page)
    assert first and 'value="keep"' in first[0] and set(read_hidden_fields(page)) == {"seal"}
