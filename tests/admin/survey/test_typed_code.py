"""Typed codes: the same page and slip as the QR, once; guessing is slowed and told nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin import jobs
from admin.slips import code_and_dossier_keys, slip_proof
from models.protocol import slip, slip_typed_code
from models.protocol.crockford import ALPHABET
from models.tables.response import Response
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    DAY,
    QUARTER,
    Phone,
    check_error_page,
    count_stored,
    find_response,
    mint_slip,
    response_id_of,
)
from tests.fixtures.typing_methods import Keyboard


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("typed")) as (centre, desk):
        yield centre, desk


@pytest.fixture
def desk(scene: tuple[Centre, Desk]) -> Desk:
    return scene[1]


def code_of(centre: Centre, token: str) -> str:
    """The code that is printed under this token's QR."""
    paper, _signature = slip.parse(token)
    with centre.database.read() as session:
        (device,) = [one.device_id for one in slip_proof.find_slip_makers(session, paper.device, paper.epoch)]
    key = code_and_dossier_keys.derive_typed_key(centre.keys.codes, device, paper.epoch)
    return slip_typed_code.group_code(slip_typed_code.make_typed_code(paper.device, paper.epoch, paper.serial, key))


def typed(phone: Phone, code: str) -> TestResponse:
    return phone.post("/m", code=code)


def opened(phone: Phone, code: str) -> str:
    """Where a code that is right leads, after any further redirects; the address of the page."""
    answer = typed(phone, code)
    assert answer.status_code == 303, answer.text
    return str(answer.location).removeprefix("http://localhost")


def tapped(phone: Phone, path: str, score: int) -> str:
    answer = phone.post(path, **phone.form(path), score=score)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_typed_code_opens_the_page_and_its_answer_says_how_it_came(centre: Centre, desk: Desk) -> None:
    code = code_of(centre, mint_slip(desk))
    phone = Phone(centre)
    assert "Nhập mã trên phiếu" in phone.get("/m").text and "Type the code" in phone.get("/m?lang=en").text
    path = opened(phone, code.lower().replace("0", "o").replace(" ", "-"))
    thanks = phone.send(tapped(phone, path, 4), comment="Ghế hỏng")
    assert "Cảm ơn" in thanks.text
    row = find_response(centre, response_id_of(thanks.request.full_path))
    assert (row.channel, row.score, row.desk_code, row.outcome) == ("code", 4, "NB-14701-Q1", "counted")
    assert row.stage is None and row.procedure_code is None  # its ledger has not come


def test_what_its_ledger_says_is_known_once_it_has_come(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    assert desk.sync(url=centre.url).state == "ok"
    phone = Phone(centre)
    path = opened(phone, code_of(centre, token))
    assert "khai sinh" in phone.get(path).text
    row = find_response(centre, response_id_of(phone.send(tapped(phone, path, 5)).request.full_path))
    assert (row.channel, row.stage, row.procedure_code) == ("code", "result", "1.001193")
    late = Phone(centre)
    old = code_of(centre, mint_slip(desk))
    assert desk.sync(url=centre.url).state == "ok"
    centre.clock = 35 * DAY
    check_error_page(late.get(opened(late, old)), "HL-410")


def test_what_was_answered_before_its_ledger_came_is_settled_when_it_comes(centre: Centre, desk: Desk) -> None:
    """Accepted at once, for the code is genuine; stage and procedure are known once the ledger says them. An answer
    on a slip that was past its time is not counted, sealed before or after, where the centre saw in time that the slip
    was made: another slip behind it was scanned. What the desk says later of its time takes no answer away."""
    old, open_, behind, unseen = mint_slip(desk), mint_slip(desk), mint_slip(desk), mint_slip(desk)
    Phone(centre).tap(behind, 5)
    centre.clock = 40 * DAY
    fresh = mint_slip(desk, -40 * DAY)
    ids, left = [], Phone(centre)
    for token in (fresh, unseen, old):
        phone = Phone(centre)
        path = opened(phone, code_of(centre, token))
        ids.append(response_id_of(phone.send(tapped(phone, path, 2)).request.full_path))
    ids.append(response_id_of(tapped(left, opened(left, code_of(centre, open_)), 1)))
    before = [find_response(centre, id) for id in ids[:3]]
    assert [(row.stage, row.outcome) for row in before] == [(None, "counted")] * 3
    assert desk.sync(url=centre.url).state == "ok"
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    after = [find_response(centre, id) for id in ids]
    assert [(row.stage, row.procedure_code) for row in after] == [("result", "1.001193")] * 4
    assert [(row.outcome, row.reason) for row in after] == [
        ("counted", None), ("counted", None), ("not_counted", "slip_expired"), ("not_counted", "slip_expired"),
    ]  # fmt: skip
    again = Phone(centre)
    check_error_page(again.get(opened(again, code_of(centre, old))), "HL-410")


@pytest.mark.parametrize("first", ["qr", "code"])
def test_code_and_qr_are_one_slip_in_either_order(centre: Centre, desk: Desk, first: str) -> None:
    token = mint_slip(desk)
    ways = {"qr": lambda phone: f"/r/{token}", "code": lambda phone: opened(phone, code_of(centre, token))}
    second = "code" if first == "qr" else "qr"
    own, other = Phone(centre), Phone(centre)
    thanks = own.send(tapped(own, ways[first](own), 3))
    id = response_id_of(thanks.request.full_path)
    again = own.client.get(ways[second](own))  # the same browser finds its own answer, whichever way it comes
    assert again.status_code == 200 and read_hidden_fields(again.text)["id"] == id
    page = check_error_page(other.get(path := ways[second](other)), "HL-409")
    assert "again" in page
    fields = other.form(f"{path}/again")
    assert other.post(path, **fields, score=1).status_code == 303
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    low = find_response(centre, fields["id"])
    assert (low.channel, low.outcome) == (second, "counted")
    assert find_response(centre, id).outcome == "contested"


def test_fifty_posts_by_code_and_qr_from_one_browser_are_one_answer(tmp_path: Path, store_url: str) -> None:
    with pair_centre_and_desk(tmp_path, store_url) as (centre, desk):
        crowd(centre, desk)


def crowd(centre: Centre, desk: Desk) -> None:
    token, phone = mint_slip(desk), Phone(centre)
    paths = [f"/r/{token}", opened(phone, code_of(centre, token))]
    forms = [phone.form(path) for path in paths]
    before = count_stored(centre)
    secret = phone.client.get_cookie("hailong_slip").value  # type: ignore[union-attr]

    def post(number: int) -> int:
        one = Phone(centre)
        one.client.set_cookie("hailong_slip", secret)
        return one.post(paths[number % 2], **forms[number % 2], score=4).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(post, range(50))) == {303, 409}  # of two pages the second is asked whose it is
    added = {name: count - before[name] for name, count in count_stored(centre).items() if count != before[name]}
    assert {name: added.get(name, 0) for name in ("SpentSlip", "LaterAnswer", "PhoneDraft")} == {
        "SpentSlip": 1, "LaterAnswer": 0, "PhoneDraft": 1,
    }  # fmt: skip


def test_every_changed_character_is_refused_and_stores_nothing(centre: Centre, desk: Desk) -> None:
    code = code_of(centre, mint_slip(desk)).replace(" ", "")
    before, phone = count_stored(centre), Phone(centre)
    for place, sign in enumerate(code):
        other = ALPHABET[(ALPHABET.index(sign) + 1 + place) % 32]
        check_error_page(typed(phone, code[:place] + other + code[place + 1 :]), "HL-404")
    assert count_stored(centre) == before
    assert typed(phone, code).status_code == 303


def test_a_guesser_is_told_nothing(centre: Centre, desk: Desk) -> None:
    ours = slip.parse(mint_slip(desk))[0].device
    no_device = slip_typed_code.make_typed_code(ours ^ 1, 1, 1, bytes(32))
    no_serial = slip_typed_code.make_typed_code(ours, 1, 99_999, bytes(32))
    pages = {words(typed(Phone(centre), text)) for text in (no_device, no_serial, "x", "", "0" * 16)}
    assert len(pages) == 1 and 'name="code"' in pages.pop()


def words(page: TestResponse) -> str:
    """A page that a code was refused with, without what was typed and without its own seal."""
    return re.sub(r'value="[^"]*"', "", check_error_page(page, "HL-404"))


def test_a_code_is_found_as_a_vietnamese_keyboard_typed_it(centre: Centre, desk: Desk) -> None:
    """All readings are one try, and the code's own check says which is right."""
    differences = set()
    for _ in range(25):
        code = code_of(centre, mint_slip(desk))
        for method in ("telex", "vni"):
            keyboard = Keyboard(method)
            text = keyboard.type(code.lower())
            answer = typed(Phone(centre), f"Mã phiếu: {text}")
            if not keyboard.lost:
                assert answer.status_code == 303 and code.replace(" ", "") in answer.location, text
            differences.add(text != code)
    assert True in differences
    missed = typed(Phone(centre), "Đ00W ÁAAA 0000 000")
    assert "Unikey" in check_error_page(missed, "HL-404") and "Đ00W ÁAAA 0000 000" in missed.text
    assert "Unikey" not in check_error_page(typed(Phone(centre), "0000 0000 0000 0000"), "HL-404")


def test_what_belongs_elsewhere_is_sent_there(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    for text in (f"https://hailong.tinh.gov.vn/r/{token}", f"Mời đánh giá: HTTP://127.0.0.1:8000/R/{token}."):
        for answer in (typed(Phone(centre), text), Phone(centre).client.get("/c/", query_string={"code": text})):
            assert (answer.status_code, answer.location) == (303, f"/r/{token}")
    followed = typed(Phone(centre), "R8XD 3WQK 5T7M")
    assert followed.status_code == 303 and followed.location.startswith("/c/?code=R8XD")
    code = code_of(centre, token)
    page = Phone(centre).client.get("/c/", query_string={"code": code})
    assert 'action="/m"' in page.text and f'value="{code}"' in page.text


def test_what_stands_in_the_address_cannot_be_made_up(centre: Centre, desk: Desk) -> None:
    phone = Phone(centre)
    path = opened(phone, code_of(centre, mint_slip(desk)))
    other = code_of(centre, mint_slip(desk)).replace(" ", "")
    key = path.removeprefix("/r/")
    code, epoch, device, seal = key.split(".")
    zeros = "0" * 32
    for forged in (
        f"{other}.{epoch}.{device}.{seal}", f"{code}.2.{device}.{seal}", f"{code}.{epoch}.{device}.{zeros}", code,
        f"{code}.{epoch}.{seal}", f"{code}.{epoch}.c-web-1.{seal}",
    ):  # fmt: skip
        check_error_page(phone.get(f"/r/{forged}"), "HL-404")
    halved = phone.client.get(f"/r/{code}..{device}.{seal}", follow_redirects=True)  # an address gone wrong
    check_error_page(halved, "HL-404")
    assert phone.get(path).status_code == 200


def test_a_revoked_device_s_codes_are_refused(centre: Centre, desk: Desk) -> None:
    from models.tables.device import Device

    token = mint_slip(desk)
    phone = Phone(centre)
    path = opened(phone, code_of(centre, token))
    with centre.database.write() as session:
        session.get_one(Device, desk.name).state = "revoked"
    check_error_page(phone.get(path), "HL-410")
    with centre.database.write() as session:
        session.get_one(Device, desk.name).state = "active"
        assert session.scalars(select(Response)).first() is not None
