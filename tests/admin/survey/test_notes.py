"""Notes from a phone for one tablet answer: they wait for it, become its text, are from one browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import delete, func, select

from admin import jobs
from models import clock
from models.clock import Moment
from models.ids import new_id
from models.keys import read_or_make_key
from models.protocol import note_token
from models.tables.device import Device, Refusal
from models.tables.response import FollowUp, Note, OpenedSidecar, Response
from tests.fixtures import desk_state_rows, qr_reader
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import DAY, Phone, check_error_page, count_stored


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        centre.answers()
        yield centre, desk


def device_of(centre: Centre) -> str:
    with centre.database.read() as session:
        return session.scalars(select(Device.id).where(Device.desk_code.is_not(None))).one()


def page_of(scene_centre: Centre, desk: Desk, id: str, **values: object) -> str:
    """The address the tablet shows as a QR for its answer `id`."""
    now = desk.now().t
    key, public = read_or_make_key(desk.settings.key_file), scene_centre.keys.public
    arguments = {"device_id": device_of(scene_centre), "epoch": 1, "now_ms": now, "key": key, "centre": public} | values
    return "/n/" + note_token.mint(id=id, **arguments)  # type: ignore[arg-type]


def texts(centre: Centre, id: str) -> dict[str, str]:
    with centre.database.read() as session:
        rows = session.execute(select(OpenedSidecar.kind, OpenedSidecar.value).where(OpenedSidecar.id == id))
        return {kind: value for kind, value in rows}


def arrive(centre: Centre, desk: Desk) -> None:
    desk.sync(url=centre.url)


def test_words_wait_for_their_answer_and_are_its_text(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = desk.tap(2)
    phone, path = Phone(centre), page_of(centre, desk, id)
    before = count_stored(centre)
    page = phone.get(path.replace("/n/", "/N/"))
    assert page.status_code == 200 and "Người ở quầy không đọc được" in page.text and "UBND xã Yên Mô" in page.text
    assert count_stored(centre) == before and "score" not in page.text and 'name="face' not in page.text
    thanks = phone.client.post(
        path, data={**read_hidden_fields(page.text), "comment": "Gọi 0912 345 678"}, follow_redirects=True
    )
    assert "Cảm ơn" in thanks.text and "Mã theo dõi" in thanks.text
    with centre.database.read() as session:
        assert session.get_one(Note, (device_of(centre), id)).text == "Gọi •••"
    assert texts(centre, id) == {}
    desk.finish(id)
    arrive(centre, desk)
    assert texts(centre, id)["n"] == "Gọi •••"
    with centre.database.read() as session:
        assert session.get_one(Note, (device_of(centre), id)).text == ""
        assert session.get_one(Response, id).outcome == "counted"
        assert session.scalar(select(func.count()).select_from(FollowUp).where(FollowUp.response_id == id)) == 1
    assert "Cảm ơn" in phone.get(path).text


@pytest.mark.parametrize("days", [0, -8, -3000], ids=["right clock", "a week behind", "from 2018"])
def test_the_page_is_the_one_that_the_tablet_shows(scene: tuple[Centre, Desk], days: int) -> None:
    """Read off the QR on the tablet's topics page, as a camera would."""
    centre, desk = scene

    def now() -> Moment:
        return Moment(clock.now().t + days * DAY, clock.now().mono)

    desk.now = now  # type: ignore[method-assign]
    desk.app.extensions["clock"] = now
    arrive(centre, desk)
    with desk.database.write() as session:
        desk_state_rows.put_texts(session, public_url=centre.url)
    id = desk.tap(5)
    picture = desk.client.get(f"/rate/{id}/note.svg").text
    image = Image.new("L", (8 * 90, 8 * 90), 255)
    draw = ImageDraw.Draw(image)
    dark = re.findall(r'<path[^>]* d="(M[^"]+)"', picture)[-1]
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", dark):
        draw.rectangle((8 * int(x), 8 * int(y), 8 * (int(x) + int(run)) - 1, 8 * int(y) + 7), fill=0)
    (code,) = qr_reader.read_qr_codes(image)
    path, phone = code.text.removeprefix(centre.url.upper()), Phone(centre)
    assert path.startswith("/N/")
    assert phone.post(path, **phone.form(path), comment="Cảm ơn chị ở quầy").status_code == 303
    desk.finish(id)
    arrive(centre, desk)
    assert texts(centre, id)["n"] == "Cảm ơn chị ở quầy"


def test_words_for_an_answer_that_is_here_are_attached_at_once(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = desk.rate(4)
    arrive(centre, desk)
    phone, path = Phone(centre), page_of(centre, desk, id)
    phone.post(path, **phone.form(path), comment="Tốt")
    assert texts(centre, id)["n"] == "Tốt"


def test_the_same_browser_finds_its_thanks_and_another_is_told(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = new_id()
    path, phone, other, plain = page_of(centre, desk, id), Phone(centre), Phone(centre), Phone(centre, cookies=False)
    forms = {one: one.form(path) for one in (phone, other, plain)}
    first = phone.post(path, **forms[phone], comment="Ghế gãy")
    code = phone.get(first.location).text.split('translate="no">')[1][:14]
    before = count_stored(centre)
    for comment in ("hai", "Ghế gãy", "hai"):  # more words stand after the first, the same ones once
        assert phone.post(path, **forms[phone], comment=comment).status_code == 303
    for _time in range(2):
        assert code in phone.get(path).text
    for one, comment in ((other, "ba"), (plain, "bốn")):
        for answer in (one.get(path), refused := one.post(path, **forms[one], comment=comment)):
            page = check_error_page(answer, "HL-409")
            assert code not in page and "Ghế" not in page
        assert f">\n{comment}</textarea>" in refused.text  # what is not taken stands there to be copied
    assert "Cảm ơn" in phone.get(first.location).text
    for stranger in (other, plain):  # the address of the thanks is for the browser that wrote
        assert code not in check_error_page(stranger.get(first.location), "HL-409")
    assert count_stored(centre) == before
    with centre.database.read() as session:
        assert session.get_one(Note, (device_of(centre), id)).text == "Ghế gãy\n\nhai"


def test_a_browser_without_cookies_sends_its_page_twice_and_gets_one(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    path, plain = page_of(centre, desk, new_id()), Phone(centre, cookies=False)
    form = plain.form(path)
    answers = [plain.post(path, **form, comment="một") for _time in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Cảm ơn" in plain.get(answers[1].location).text and count_stored(centre)["Note"] == 1
    with centre.database.read() as session:
        assert session.scalars(select(Note.text)).one() == "một"


@pytest.fixture
def either(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    """The same on both databases."""
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def test_words_find_their_answer_on_both_databases(either: tuple[Centre, Desk]) -> None:
    centre, desk = either
    arrived_id = desk.rate(3)
    arrive(centre, desk)
    waiting = desk.tap(2)
    for id, comment in ((waiting, "Lời đợi"), (arrived_id, "Lời có nơi về")):
        phone, path = Phone(centre), page_of(centre, desk, id)
        phone.post(path, **phone.form(path), comment=comment)
    desk.finish(waiting)
    arrive(centre, desk)
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    assert (texts(centre, waiting)["n"], texts(centre, arrived_id)["n"]) == ("Lời đợi", "Lời có nơi về")
    centre.set_in_use_until(centre.now().t + 180 * DAY)
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 181 * DAY)
    assert count_stored(centre)["Note"] == 0 and texts(centre, arrived_id)["n"] == "Lời có nơi về"


def test_twenty_at_once_all_stand_in_one_text(either: tuple[Centre, Desk]) -> None:
    centre, desk = either
    id = desk.rate(3)
    arrive(centre, desk)
    path, plain = page_of(centre, desk, id), Phone(centre, cookies=False)
    form = plain.form(path)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: Phone(centre, cookies=False).post(path, **form, comment=f"{n}"), range(20)))
    assert {answer.status_code for answer in answers} == {303}
    assert count_stored(centre)["Note"] == 1
    assert sorted(texts(centre, id)["n"].split("\n\n")) == sorted(f"{n}" for n in range(20))


@pytest.mark.parametrize("said", ["", "  \n ", "\x07"], ids=["none", "blank", "bell"])
def test_nothing_is_sent_without_a_word(scene: tuple[Centre, Desk], said: str) -> None:
    centre, desk = scene
    path, phone = page_of(centre, desk, new_id()), Phone(centre)
    answer = phone.post(path, **phone.form(path), comment=said)
    assert answer.status_code == 400 and "Xin viết vài lời" in answer.text and count_stored(centre)["Note"] == 0
    long = phone.post(path, **phone.form(path), comment="ữ" * 1001)
    assert long.status_code == 400 and "1.000" in long.text and "ữ" * 1001 in long.text
    forged = phone.post(path, **{**phone.form(path), "seal": "0" * 32}, comment="x")
    assert forged.status_code == 400 and count_stored(centre)["Note"] == 0


def test_what_is_not_genuine_is_unknown_and_counted(scene: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, desk = scene
    jobs.store_noted_activity(centre.app)  # what others were refused before
    with centre.database.write() as session:
        session.execute(delete(Refusal))
    id, stranger = new_id(), read_or_make_key(tmp_path / "stranger.key")
    good = page_of(centre, desk, id)
    bad = [
        good[:-1], good[:20] + ("B" if good[20] != "B" else "C") + good[21:], "/n/" + "A" * 144,
        page_of(centre, desk, id, key=stranger), page_of(centre, desk, id, centre=stranger.public),
        page_of(centre, desk, id, epoch=7), page_of(centre, desk, id, device_id="d-4242"),
    ]  # fmt: skip
    for path in bad:
        for answer in (Phone(centre).get(path), Phone(centre).post(path, comment="x")):
            page = check_error_page(answer, "HL-404")
            assert "UBND" not in page
    assert Phone(centre).get(good + "A").location == good  # what hangs behind it is taken off
    with centre.database.write() as session:
        session.get_one(Device, device_of(centre)).state = "revoked"
    assert "UBND" not in check_error_page(Phone(centre).get(good), "HL-404")
    assert count_stored(centre)["Note"] == 0
    jobs.store_noted_activity(centre.app)
    refused = Refusal.code.in_(("note_unknown", "note_cut"))
    with centre.database.read() as session:
        assert session.scalar(select(func.sum(Refusal.n)).where(refused)) == 2 * len(bad) + 1


def test_a_page_closes_after_seven_days(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    path = page_of(centre, desk, new_id())
    centre.clock = 7 * DAY - 120_000
    assert Phone(centre).get(path).status_code == 200
    centre.clock = 7 * DAY + 120_000
    assert "UBND xã Yên Mô" in check_error_page(Phone(centre).get(path), "HL-410")
    check_error_page(Phone(centre).post(path, comment="muộn"), "HL-410")
    assert count_stored(centre)["Note"] == 0


def test_words_without_an_answer_are_erased_after_180_days(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = new_id()
    phone, path = Phone(centre), page_of(centre, desk, id)
    phone.post(path, **phone.form(path), comment="Không bao giờ tới")
    centre.set_in_use_until(centre.now().t + 178 * DAY)
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 179 * DAY)
    assert count_stored(centre)["Note"] == 1
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 181 * DAY)
    assert count_stored(centre)["Note"] == 0 and texts(centre, id) == {}


def test_words_that_came_while_the_answer_was_being_read_are_attached_by_upkeep(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = desk.rate(4)
    arrive(centre, desk)
    with centre.database.write() as session:  # what two transactions at once can leave behind
        session.add(Note(response_id=id, device_id=device_of(centre), text="Lời", lang="vi", browser="b",
                         received_ms=centre.now().t))  # fmt: skip
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    assert texts(centre, id)["n"] == "Lời"


def test_another_device_cannot_have_words_attached_to_its_answer(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    id = desk.rate(4)
    arrive(centre, desk)
    with centre.database.write() as session:
        session.add(Device(id="d-0099", desk_code=None, state="active", created_ms=0))
        session.flush()
        session.add(Note(response_id=id, device_id="d-0099", text="Lời", lang="vi", browser="b", received_ms=0))
    jobs.update_responses_and_tallies(centre.database, centre.keys, 1)
    assert "n" not in texts(centre, id)
