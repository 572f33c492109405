"""Second answers on a slip: another browser's, for the province to check, and the long form."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from admin import jobs
from models.tables.response import LaterAnswer, OpenedSidecar, PhoneDraft, Response, Tie
from models.vocabulary import Stage
from tests.fixtures.centre_and_desk import Centre, Desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    QUARTER,
    Phone,
    check_error_page,
    count_stored,
    find_form_action,
    find_link,
    find_response,
    mint_slip,
    response_id_of,
)

CHECKED = "chuyển tới tỉnh để kiểm tra"


def again(phone: Phone, token: str, score: int) -> str:
    """Another browser's touch, from the page of the used slip; returns where it is sent."""
    answer = phone.post(f"/r/{token}", **phone.form(f"/r/{token}/again"), score=score)
    assert answer.status_code == 303, answer.text
    return answer.location


@pytest.mark.parametrize(("first", "second", "counts"), [(5, 1, 1), (1, 5, 0), (3, 3, 0)])
def test_of_two_browsers_the_lower_answer_counts(
    centre: Centre, token: str, first: int, second: int, counts: int
) -> None:
    n, one, other = centre.index()["n"], Phone(centre), Phone(centre)
    mine = one.tap(token, first)
    one.send(mine)
    page = other.get(f"/r/{token}/again")
    assert page.status_code == 200 and CHECKED in page.text
    theirs = again(other, token, second)
    assert CHECKED in other.get(theirs).text and CHECKED not in one.get(mine).text
    assert CHECKED in other.send(theirs, N5="1").text
    rows = [find_response(centre, response_id_of(address)) for address in (mine, theirs)]
    assert [row.outcome for row in rows] == [("counted", "contested")[i != counts] for i in range(2)]
    assert centre.index()["n"] == n + 1
    with centre.database.read() as session:
        assert session.get_one(Tie, rows[0].id).key == session.get_one(Tie, rows[1].id).key


def test_faces_drawn_before_the_slip_was_used_lose_no_touch(centre: Centre, token: str) -> None:
    slow, quick = Phone(centre), Phone(centre)
    form = slow.form(f"/r/{token}")
    quick.tap(token, 5)
    answer = slow.post(f"/r/{token}", **form, score=2)
    assert answer.status_code == 303 and response_id_of(answer.location) == form["id"]
    assert CHECKED in slow.get(answer.location).text


def test_one_later_answer_a_browser_which_finds_it_again(centre: Centre, token: str) -> None:
    Phone(centre).tap(token, 5)
    other = Phone(centre)
    second = other.form(f"/r/{token}/again")
    address = other.post(f"/r/{token}", **second, score=2).location
    before = count_stored(centre)
    assert response_id_of(other.post(f"/r/{token}", **second, score=1).location) == response_id_of(address)
    assert response_id_of(other.back(token).request.full_path) == response_id_of(address)
    other.send(address)
    whole = count_stored(centre)
    assert "Cảm ơn" in other.back(token).text
    used = other.post(f"/r/{token}", **second, score=1)  # faces that Back shows: whoever is there now is asked
    assert used.status_code == 409 and find_form_action(used).endswith("/mine")
    assert count_stored(centre) == whole and before["LaterAnswer"] == whole["LaterAnswer"]


def test_a_page_sent_twice_without_cookies_is_one_later_answer(centre: Centre, token: str) -> None:
    Phone(centre).tap(token, 5)
    plain = Phone(centre, cookies=False)
    form = plain.form(f"/r/{token}/again")
    before = count_stored(centre)
    ids = {response_id_of(plain.post(f"/r/{token}", **form, score=score).location) for score in (2, 1, 2)}
    added = {name: count - before[name] for name, count in count_stored(centre).items()}
    assert ids == {form["id"]} and (added["LaterAnswer"], added["PhoneDraft"]) == (1, 1)
    with centre.database.read() as session:
        assert session.get_one(PhoneDraft, form["id"]).score == 2


def test_looking_at_a_used_slip_keeps_nothing(centre: Centre, token: str) -> None:
    assert Phone(centre).get(f"/r/{token}/again").location == f"/r/{token}"  # not used: the ordinary page
    owner = Phone(centre)
    owner.tap(token, 5)
    before = count_stored(centre)
    assert owner.get(f"/r/{token}").status_code == owner.get(f"/r/{token}/again").status_code == 200
    assert Phone(centre).get(f"/r/{token}/again").status_code == 200
    assert Phone(centre).client.head(f"/r/{token}/again").status_code == 200
    assert count_stored(centre) == before


def test_a_later_answer_left_alone_is_kept_and_contested(centre: Centre, token: str) -> None:
    Phone(centre).tap(token, 1)
    address = again(Phone(centre), token, 4)
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = find_response(centre, response_id_of(address))
    assert (row.state, row.outcome) == ("partial", "contested")


def long(phone: Phone, address: str) -> str:
    """From the thanks to the first page of the long form."""
    page = phone.client.get(address, follow_redirects=True)
    assert "Trả lời 16 câu" in page.text
    return find_link(page, "/long?")


def test_the_long_form_is_an_answer_of_its_own(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 5)
    assert phone.get(address.replace("/more", "/long")).location == address  # not before the short one is sent
    phone.send(address)
    n, path = centre.index()["n"], long(phone, address)
    before = count_stored(centre)
    page = phone.get(path)
    assert "Bước 1 trong 5" in page.text and "Trung tâm Phục vụ hành chính công có biển hiệu" in page.text
    assert "{place}" not in page.text and count_stored(centre) == before
    for number in range(1, 6):
        items = [part.split('"')[0] for part in page.text.split('<input type="radio" name="')[1::6]]
        assert len(items) == (3, 4, 3, 3, 3)[number - 1] and all(len(set(items)) == len(items) for _ in items)
        page = phone.fill(page, {item: str(3 + number % 3) for item in items} | {"SIPAS23-C1": "0"})
    assert "16 câu cũng đã được ghi nhận" in page.text and "Trả lời 16 câu" not in page.text
    with centre.database.read() as session:
        (row,) = session.scalars(select(Response).where(Response.instrument == "sipas23")).all()
        key = session.get_one(Tie, row.id).key
        assert key == session.get_one(Tie, response_id_of(address)).key
        kinds = session.scalars(select(OpenedSidecar.kind).where(OpenedSidecar.id == row.id)).all()
    assert kinds == ["r"] and (row.outcome, row.state, row.score, row.channel) == ("counted", "complete", None, "qr")
    assert len(row.answers) == 16 and row.answers["SIPAS23-C1"] == 0 and row.answers["SIPAS23-D1"] == 4
    assert find_response(centre, response_id_of(address)).outcome == "counted" and centre.index()["n"] == n
    assert phone.client.get(path, follow_redirects=True).request.path.endswith("/sent")


def test_the_long_form_is_durable_page_by_page_and_may_be_left(scene: tuple[Centre, Desk], centre: Centre) -> None:
    left, stopped, empty = (mint_slip(scene[1]) for _ in range(3))
    phone = Phone(centre)
    ids = {}
    for token in (left, stopped, empty):
        address = phone.tap(token, 4)
        phone.send(address)
        path = long(phone, address)
        page = phone.get(path)
        ids[token] = read_hidden_fields(page.text)["id"]
        more = {} if token == empty else {"SIPAS23-A1": "2"}
        page = phone.fill(page, more)
        assert "Bước 2 trong 5" in page.text
        assert ("checked" in phone.get(path + "&step=1").text) == (token != empty)
        assert "Trả lời tiếp 16 câu" in phone.client.get(address, follow_redirects=True).text
        if token == stopped:
            page = phone.client.post(
                find_form_action(page), data={**read_hidden_fields(page.text), "act": "stop", "SIPAS23-B1": "5"}
            )
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    for token in (left, stopped):
        row = find_response(centre, ids[token])
        assert (row.state, row.answers, row.outcome) == ("partial", {"SIPAS23-A1": 2}, "counted")
    with centre.database.read() as session:
        assert session.get(Response, ids[empty]) is None and session.get(PhoneDraft, ids[empty]) is None


def test_the_result_is_asked_about_when_there_is_one(scene: tuple[Centre, Desk], centre: Centre) -> None:
    phone = Phone(centre)
    token = mint_slip(scene[1], stage=Stage.SUBMISSION)
    address = phone.tap(token, 4)
    phone.send(address)
    path = long(phone, address)
    pages = [phone.get(f"{path}&step={number}").text for number in range(1, 5)]
    assert "Bước 4 trong 4" in pages[3] and not any("SIPAS23-D" in page for page in pages)
    forged = read_hidden_fields(pages[0])
    phone.client.post(f"{path}&step=1".replace("&amp;", "&"), data={**forged, "SIPAS23-A1": "5", "SIPAS23-D1": "5"})
    with centre.database.read() as session:
        assert session.get_one(PhoneDraft, forged["id"]).answers == {"SIPAS23-A1": 5}


def test_one_long_form_a_slip_and_browser(centre: Centre, token: str) -> None:
    one, other = Phone(centre), Phone(centre)
    mine = one.tap(token, 5)
    one.send(mine)
    theirs = again(other, token, 1)
    other.send(theirs)
    ids = [
        read_hidden_fields(phone.get(long(phone, address)).text)["id"]
        for phone, address in ((one, mine), (other, theirs))
    ]
    assert len({*ids, response_id_of(mine), response_id_of(theirs)}) == 4
    page = one.get(long(one, mine))
    assert read_hidden_fields(page.text)["id"] == ids[0]  # however often it is drawn
    for phone, address, score in ((one, mine, "5"), (other, theirs, "2")):
        answer = phone.fill(phone.get(long(phone, address)), {"SIPAS23-A1": score})
        phone.client.post(find_form_action(answer), data={**read_hidden_fields(answer.text), "act": "stop"})
    outcomes = [find_response(centre, id).outcome for id in ids]
    assert outcomes == ["contested", "counted"]
    with centre.database.read() as session:
        count = session.scalar(select(func.count()).select_from(LaterAnswer).where(LaterAnswer.response_id == ids[1]))
    assert count == 0


def test_nobody_else_opens_a_long_form(centre: Centre, token: str) -> None:
    owner = Phone(centre)
    address = owner.tap(token, 3)
    owner.send(address)
    stranger = Phone(centre)
    for id in ("", "0" * 32, "x"):
        assert stranger.get(f"/r/{token}/long?id={id}").location == f"/r/{token}"
    path = long(owner, address)
    before = count_stored(centre)
    good = read_hidden_fields(owner.get(path).text)
    for form in ({"id": "1" * 32, "seal": "2" * 32}, good):
        check_error_page(stranger.post(f"{path}&step=1", **form, **{"SIPAS23-A1": "5"}), "HL-403")
    check_error_page(stranger.get(path), "HL-403")
    assert owner.post(f"{path}&step=1", **{**good, "seal": "2" * 32, "SIPAS23-A1": "5"}).status_code == 400
    assert count_stored(centre) == before
    check_error_page(stranger.get("/r/NONSENSE/long?id=1"), "HL-404")
