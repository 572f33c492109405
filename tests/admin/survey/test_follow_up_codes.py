"""Follow-up codes: shown with the thanks, known to nobody else, looked up without the answer.

Looking one up tells nothing of the answer.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from admin import jobs
from admin.ledgers.signing_keys import WEB
from admin.responses import sidecars
from admin.slips.anonymous_request_limits import AnonymousCounts, AnonymousLimits
from admin.survey import follow_up_lookup
from models.protocol import follow_up_code
from models.tables.device import Device, Refusal
from models.tables.response import FollowUp, Note, OpenedSidecar, Response, ResponseName
from tests.fixtures import qr_reader
from tests.fixtures.centre_and_desk import Centre, Desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    Phone,
    check_error_page,
    count_stored,
    find_form_action,
    find_response,
    mint_slip,
    response_id_of,
)
from tests.fixtures.typing_methods import Keyboard


def shown(page: str) -> str:
    """The code on a page of thanks."""
    (code,) = re.findall(r'translate="no">([0-9A-Z ]{14})<', page)
    return str(code)


def answered(scene: tuple[Centre, Desk], score: int = 4, cookies: bool = True) -> tuple[Phone, str, str]:
    """Somebody who answered: the phone, the address of the thanks, and what it showed."""
    centre, desk = scene
    phone = Phone(centre, cookies)
    thanks = phone.send(phone.tap(mint_slip(desk), score), comment="Ghế hỏng")
    return phone, thanks.request.full_path, thanks.text


def test_the_same_browser_sees_its_code_again_and_nobody_else(scene: tuple[Centre, Desk], centre: Centre) -> None:
    phone, address, page = answered(scene)
    code = shown(page)
    bare = re.sub(r"[?&]k=\w+", "", address)
    assert shown(phone.get(address).text) == code
    whoever = phone.client.get(bare, follow_redirects=True)  # on a shared phone: is asked first
    assert "Mã theo dõi" not in whoever.text and find_form_action(whoever).endswith("/mine")
    assert (
        shown(
            phone.client.post(
                find_form_action(whoever), data=read_hidden_fields(whoever.text), follow_redirects=True
            ).text
        )
        == code
    )
    for stranger in (Phone(centre), Phone(centre, cookies=False)):
        for path in (bare, address):
            page = check_error_page(stranger.get(path), "HL-403")
            assert "Cảm ơn" not in page and code not in page and "16 câu" not in page
    plain, address, page = answered(scene, cookies=False)
    assert shown(plain.get(address).text) == shown(page)
    check_error_page(plain.get(re.sub(r"k=\w+", "k=" + "0" * 32, address)), "HL-403")


def test_only_the_digest_is_kept(scene: tuple[Centre, Desk], centre: Centre) -> None:
    _phone, address, page = answered(scene)
    code = shown(page).replace(" ", "")
    digest = follow_up_code.digest_code(code)
    with centre.database.read() as session:
        assert session.get_one(FollowUp, (digest, WEB)).response_id == response_id_of(address)
        assert session.get_one(OpenedSidecar, (WEB, response_id_of(address), "f")).value == digest
        names = [row[0] for row in session.execute(text("select name from sqlite_master where type = 'table'"))]
        rows = [str(row) for name in names for row in session.execute(text(f'select * from "{name}"'))]  # noqa: S608
    assert digest in "".join(rows) and code not in "".join(rows)


def test_codes_have_nothing_in_common_and_depend_on_the_secret() -> None:
    codes = {follow_up_lookup.make_follow_up_code("secret", f"{number:032x}") for number in range(2000)}
    assert len(codes) == 2000 and all(follow_up_code.read_typed_code(code) == code for code in codes)
    assert follow_up_lookup.make_follow_up_code("secret", "0" * 32) == follow_up_lookup.make_follow_up_code(
        "secret", "0" * 32
    )
    assert follow_up_lookup.make_follow_up_code("other", "0" * 32) != follow_up_lookup.make_follow_up_code(
        "secret", "0" * 32
    )
    for place in range(follow_up_code.LENGTH):
        assert len({code[place] for code in codes}) == 32  # every place takes every letter


@pytest.mark.every_moment
def test_looking_up_tells_the_week_and_nothing_of_the_answer(scene: tuple[Centre, Desk], centre: Centre) -> None:
    pages, before_ms = [], centre.now().t
    for score in (1, 5):
        _phone, address, page = answered(scene, score)
        code, own = shown(page), []
        before = count_stored(centre)
        for typed in (code, code.lower(), code.replace(" ", ""), code.replace(" ", "-")):
            code_page = Phone(centre).get(f"/C/{typed}")
            assert code_page.status_code == 200 and "Đã nhận" in code_page.text and code in code_page.text
            own.append(code_page.text.replace(code, "CODE").replace(code.replace(" ", ""), "CODE"))
        assert count_stored(centre) == before
        row = find_response(centre, response_id_of(address))
        year, week, _day = date.fromisoformat(row.day).isocalendar()
        assert f"tuần {week}/{year}" in own[0] and before_ms <= row.at_ms <= centre.now().t
        pages += [page.replace(f"tuần {week}/{year}", "WEEK") for page in own]  # a Sunday may have ended in between
        for secret in (row.day, row.id, "Ghế", "UBND", row.desk_code or "", "hài lòng"):
            assert secret not in own[0]
    assert len(set(pages)) == 1


def test_a_code_can_be_typed(scene: tuple[Centre, Desk], centre: Centre) -> None:
    code = shown(answered(scene)[2])
    phone = Phone(centre)
    assert 'name="code"' in phone.get("/c/").text
    code_page = phone.client.get("/c/", query_string={"code": f" {code.lower()} "}, follow_redirects=True)
    assert code_page.request.path == f"/c/{code.replace(' ', '')}" and "Đã nhận" in code_page.text
    english = phone.client.get("/c/", query_string={"code": code, "lang": "en"}, follow_redirects=True)
    assert "Received" in english.text
    for typed in ("x", "123", "R8XD 3WQK 5T7U", code + "0"):
        page = check_error_page(phone.client.get("/c/", query_string={"code": typed}, follow_redirects=True), "HL-404")
        assert 'name="code"' in page


def test_who_is_wrong_very_often_is_told_to_wait_and_a_right_code_opens_all_the_same(
    scene: tuple[Centre, Desk], centre: Centre
) -> None:
    code = shown(answered(scene)[2])
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(follow_up_network=5))
    jobs.store_noted_activity(centre.app)  # what others were refused before
    with centre.database.read() as session:
        wrong = select(func.coalesce(func.sum(Refusal.n), 0)).where(Refusal.code == "code_unknown")
        before = session.scalar(wrong) or 0
    for typo in ("x", "ABCD", "0" * 13, "ABCD EFGH UUUU"):  # what cannot be a code is no guess
        check_error_page(Phone(centre).get(f"/c/{typo}"), "HL-404")
    assert Phone(centre).get("/c/%00").location == "/c/"  # without a code it is where one is typed
    for number in range(5):
        check_error_page(Phone(centre).get(f"/c/{number:012d}"), "HL-404")
    jobs.store_noted_activity(centre.app)
    with centre.database.read() as session:
        assert session.scalar(wrong) == before + 9
    stored_counts = count_stored(centre)
    answer = Phone(centre).get("/c/000000000000")
    assert "mã đúng" in check_error_page(answer, "HL-429").lower() and 0 < int(answer.headers["Retry-After"]) <= 650
    assert "Đã nhận" in Phone(centre).get(f"/c/{code}").text
    check_error_page(Phone(centre, address="203.0.113.9").get("/c/000000000000"), "HL-404")
    assert count_stored(centre) == stored_counts
    centre.ran += 660_000
    check_error_page(Phone(centre).get("/c/000000000000"), "HL-404")


def test_a_code_is_found_as_a_vietnamese_keyboard_typed_it(scene: tuple[Centre, Desk], centre: Centre) -> None:
    codes = [shown(answered(scene)[2]) for _ in range(12)]
    for code in codes:
        for method in ("telex", "vni"):
            keyboard = Keyboard(method)
            text = keyboard.type(code)
            page = Phone(centre).client.get("/c/", query_string={"code": f"Mã theo dõi: {text}"}, follow_redirects=True)
            assert code in page.text or keyboard.lost, text
            assert code in Phone(centre).get(f"/c/{text}").text or keyboard.lost, text
    missed = Phone(centre).client.get("/c/", query_string={"code": "R8XĐ 3WQK 5T7M"})
    assert "Unikey" in check_error_page(missed, "HL-404") and 'value="R8XĐ 3WQK 5T7M"' in missed.text
    assert "Unikey" not in check_error_page(Phone(centre).client.get("/c/?code=R8XD3WQK5T7M"), "HL-404")


def test_a_code_that_is_misread_as_another_is_not_hidden_by_it(scene: tuple[Centre, Desk], centre: Centre) -> None:
    _phone, address, page = answered(scene)
    own = shown(page).replace(" ", "")
    other = "W" * follow_up_code.LENGTH
    with centre.database.read() as session:
        assert follow_up_lookup.find_follow_up(session, [other, own])[0] == own
    with centre.database.write() as session:
        session.add(
            FollowUp(digest=follow_up_code.digest_code(other), device_id=WEB, response_id=response_id_of(address))
        )
    with centre.database.read() as session:
        assert follow_up_lookup.find_follow_up(session, [other, own]) == ("", [])
        assert follow_up_lookup.find_follow_up(session, [own])[0] == own


def test_the_small_code_is_read_by_a_camera(scene: tuple[Centre, Desk], tmp_path: Path) -> None:
    import base64

    _phone, _address, page = answered(scene)
    code = shown(page)
    (path,) = re.findall(r'<path d="(M\d+ \d+h[^"]+)"', page)
    picture = Image.new("1", (8 * 60, 8 * 60), 1)
    draw = ImageDraw.Draw(picture)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", path):
        draw.rectangle((8 * int(x), 8 * int(y), 8 * (int(x) + int(run)) - 1, 8 * int(y) + 7), fill=0)
    (data,) = re.findall(r'href="data:image/png;base64,([^"]+)" download', page)
    (tmp_path / "kept.png").write_bytes(base64.b64decode(data))
    for image in (picture.convert("L"), Image.open(tmp_path / "kept.png").convert("L")):
        (read,) = qr_reader.read_qr_codes(image)
        assert read.text == f"HTTP://127.0.0.1:8000/C/{code.replace(' ', '')}"


def test_a_tablet_s_code_is_found_once_its_answer_has_come(scene: tuple[Centre, Desk], centre: Centre) -> None:
    code = follow_up_code.new_code()
    check_error_page(Phone(centre).get(f"/c/{code}"), "HL-404")
    id, digest = response_id_of(answered(scene)[1]), follow_up_code.digest_code(code)
    with centre.database.write() as session:
        row = session.get_one(Response, id)
        session.add(
            OpenedSidecar(device_id=row.device_id, id="9" * 32, kind="f", salt="", value=digest, received_ms=0)
        )
        copy = {column.name: getattr(row, column.name) for column in Response.__table__.columns}
        session.add(Response(**{**copy, "id": "9" * 32}))
        session.flush()
        sidecars.apply_sidecars(session, {"9" * 32: ResponseName(row.device_id, "9" * 32)})
    assert "Đã nhận" in Phone(centre).get(f"/c/{code}").text


def claimed(session: Session, id: str, device: str, digest: str, day: str, like: str) -> None:
    """An answer of this day, whose device says that it showed the code; else as the answer `like`."""
    row = session.get_one(Response, like)
    copy = {column.name: getattr(row, column.name) for column in Response.__table__.columns}
    session.add(OpenedSidecar(device_id=device, id=id, kind="f", salt="", value=digest, received_ms=0))
    session.add(Response(**{**copy, "id": id, "device_id": device, "day": day}))
    session.flush()
    sidecars.apply_sidecars(session, {id: ResponseName(device, id)})


def test_a_code_that_another_device_names_still_leads_to_its_own_answer(
    scene: tuple[Centre, Desk], centre: Centre
) -> None:
    """Before and after: both are told, and who typed it knows which week is its own."""
    _phone, address, page = answered(scene)
    code, id = shown(page), response_id_of(address)
    digest = follow_up_code.digest_code(code.replace(" ", ""))
    year, week, _day = date.fromisoformat(find_response(centre, id).day).isocalendar()
    other = follow_up_code.new_code()
    with centre.database.write() as session:
        claimed(session, "1" * 32, "d-0999", digest, "2020-01-01", id)
        claimed(session, "2" * 32, "d-0999", digest, "2020-02-05", id)  # of one device the first keeps it
        claimed(session, "3" * 32, "d-0999", follow_up_code.digest_code(other), "2020-02-05", id)
        claimed(session, "4" * 32, "d-0998", follow_up_code.digest_code(other), "2020-02-05", id)
    page_text = Phone(centre).get(f"/C/{code}").text
    assert re.findall(r"tuần (\d+/\d+)", page_text) == [f"{week}/{year}", "1/2020"]
    assert "nhiều thiết bị" in page_text and "Ông/Bà" in page_text and "d-0999" not in page_text
    same = Phone(centre).get(f"/C/{other}").text  # nothing that is twice the same is told twice
    assert re.findall(r"tuần (\d+/\d+)", same) == ["6/2020"] and "nhiều thiết bị" not in same


def test_words_on_their_way_are_told_of_beside_an_answer_that_names_their_code(
    scene: tuple[Centre, Desk], centre: Centre
) -> None:
    id, code = response_id_of(answered(scene)[1]), follow_up_code.new_code()
    digest = follow_up_code.digest_code(code)
    with centre.database.write() as session:
        device = session.scalars(select(Device.id).where(Device.id.startswith("d-"))).one()
        session.add(Note(device_id=device, response_id="5" * 32, text="Lời", lang="vi", browser="b", follow=digest,
                         received_ms=1_580_000_000_000))  # fmt: skip
        claimed(session, "6" * 32, "d-0999", digest, "2020-02-05", id)
    page_text = Phone(centre).get(f"/C/{code}").text
    assert re.findall(r"tuần (\d+/\d+)", page_text) == ["6/2020", "4/2020"]
    with centre.database.write() as session:
        claimed(session, "5" * 32, device, "", "2020-03-04", id)
    assert re.findall(r"tuần (\d+/\d+)", Phone(centre).get(f"/C/{code}").text) == ["10/2020", "6/2020"]
