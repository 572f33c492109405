"""Words and choices that come after an answer was sealed: those are kept, these given back.

Nothing is thanked for that was lost.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from admin import jobs
from admin.ledgers.signing_keys import WEB
from models import clock
from models.protocol.sidecar import LONGEST_COMMENT
from models.tables.device import Device
from models.tables.response import OpenedSidecar
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    DAY,
    QUARTER,
    Phone,
    count_stored,
    find_form_action,
    find_link,
    find_response,
    mint_slip,
    response_id_of,
)

STORED, NOT_STORED = "Đã ghi: đánh giá", "Chưa ghi: những gì đã chọn"


@pytest.fixture(name="both")
def on_either_store(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def words(centre: Centre, id: str) -> dict[str, str]:
    with centre.database.read() as session:
        rows = session.execute(
            select(OpenedSidecar.kind, OpenedSidecar.value)
            .where(OpenedSidecar.device_id == WEB, OpenedSidecar.id == id)
        )
        return {kind: value for kind, value in rows if kind in ("c", "n")}


def settle(centre: Centre) -> None:
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
@pytest.mark.parametrize("poster", [False, True], ids=["slip", "poster"])
def test_words_after_a_quarter_of_an_hour_are_kept_masked_and_thanked_for(
    both: tuple[Centre, Desk], poster: bool, cookies: bool
) -> None:
    centre, desk = both
    way, phone = f"/d/{DESK}" if poster else f"/r/{mint_slip(desk)}", Phone(centre, cookies)
    answer = phone.post(way, **phone.form(way), score=2)
    page = phone.get(f"{answer.location}&step=4")
    id = response_id_of(answer.location)
    try:
        centre.clock += QUARTER
        settle(centre)
        row = find_response(centre, id)
        for _time in range(2):  # the same page twice is one text
            thanks = phone.fill(page, {"comment": "Gọi 0912 345 678"})
            assert thanks.request.path.endswith("/sent") and "viết thêm cũng đã được ghi" in thanks.text
        assert words(centre, id) == {"n": "Gọi •••"}
        more = phone.get(find_link(thanks, "/words?"))
        phone.fill(more, {"comment": "Thêm nữa"})
        assert words(centre, id) == {"n": "Gọi •••\n\nThêm nữa"}
        assert find_response(centre, id).answers == row.answers
    finally:
        centre.clock = 0


def test_a_second_tab_keeps_both_texts_and_the_first_is_what_the_ledger_has(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = f"{phone.tap(token, 3)}&step=4"
    first, second = phone.get(address), phone.get(address)
    thanks = phone.fill(first, {"comment": "Một"})
    assert "Đánh giá và lời viết" in thanks.text and "viết thêm" not in thanks.text
    assert "viết thêm cũng đã được ghi" in phone.fill(second, {"comment": "Hai"}).text
    assert "viết thêm cũng đã được ghi" in phone.fill(second, {"comment": "Một"}).text  # as it stands already
    assert words(centre, response_id_of(address)) == {"c": "Một", "n": "Hai"}


def test_thanks_say_what_was_recorded(scene: tuple[Centre, Desk], centre: Centre) -> None:
    phone = Phone(centre)
    alone = phone.send(phone.tap(mint_slip(scene[1]), 4)).text
    both = phone.send(phone.tap(mint_slip(scene[1]), 4), comment="Tốt").text
    assert "Đánh giá của Ông/Bà đã được ghi nhận" in alone and "lời viết" not in alone
    assert "Đánh giá và lời viết của Ông/Bà đã được ghi nhận" in both and "viết thêm" not in both


LATE = [
    (2, {"topic": ["wait", "fair"]}, ['value="wait" checked', 'value="fair" checked', ">\nThời gian chờ, "]),
    (3, {"A": "2", "E": "0"}, ['name="A" value="2" checked', 'name="E" value="0" checked']),
    (4, {"N5": "1", "WHO": "2"}, ['name="N5" value="1" checked', 'name="WHO" value="2" checked']),
]


@pytest.mark.parametrize(("step", "given", "shown"), LATE, ids=["topics", "factors", "province"])
def test_choices_that_come_too_late_are_given_back_as_they_stood(
    centre: Centre, token: str, step: int, given: dict[str, object], shown: list[str]
) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    page = phone.get(f"{address}&step={step}")
    phone.send(address)
    before = count_stored(centre)
    back = phone.fill(page, given)
    assert back.status_code == 409 and STORED in back.text and NOT_STORED in back.text and "Cảm ơn" not in back.text
    assert all(one in back.text for one in shown), back.text
    assert count_stored(centre) == before
    thanks = phone.fill(back, {**given, "comment": "Xin nói bằng lời"})
    assert thanks.request.path.endswith("/sent") and words(centre, response_id_of(address)) == {"n": "Xin nói bằng lời"}
    row = find_response(centre, response_id_of(address))
    assert (row.answers, row.topics) == ({"overall": 3}, [])


def test_words_that_come_with_late_choices_are_kept_and_the_choices_given_back(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    page = phone.get(f"{address}&step=4")
    phone.send(address)
    back = phone.fill(page, {"N5": "1", "comment": "Ghế hỏng"})
    assert back.status_code == 409 and "Lời viết trên trang này cũng đã được ghi" in back.text
    assert NOT_STORED in back.text and 'name="N5" value="1" checked' in back.text
    assert ">\nGhế hỏng</textarea>" in back.text
    assert words(centre, response_id_of(address)) == {"n": "Ghế hỏng"}


def test_late_answers_of_the_long_form_are_given_back(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    path = find_link(phone.send(address), "/long?")
    page = phone.page(path, **{"SIPAS23-A1": "2"})
    centre.clock += QUARTER
    settle(centre)
    back = phone.fill(page, {"SIPAS23-B1": "5"})
    assert back.status_code == 409 and NOT_STORED in back.text and 'name="SIPAS23-B1" value="5" checked' in back.text
    assert phone.fill(back, {"comment": "Lời"}).request.path.endswith("/sent")
    assert words(centre, response_id_of(address)) == {"n": "Lời"}


def test_a_page_that_says_what_is_stored_already_is_thanked_for(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    pages = {step: phone.get(f"{address}&step={step}") for step in (2, 3, 4)}
    fields = {"topic": ["wait"], "A": "2", "N5": "1", "comment": "Ghế, 0912 345 678"}
    phone.send(address, **fields)
    before = count_stored(centre)
    for page in pages.values():
        assert phone.fill(page, fields).request.path.endswith("/sent")
    assert count_stored(centre) == before


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_what_cannot_be_taken_any_more_stands_there_to_be_copied(
    scene: tuple[Centre, Desk], centre: Centre, end: str
) -> None:
    desk, phone = scene[1], Phone(centre)
    address = phone.tap(mint_slip(desk), 3)
    page = phone.get(f"{address}&step=4")
    phone.send(address)
    before = count_stored(centre)

    def state(value: str) -> None:
        with centre.database.write() as session:
            session.get_one(Device, desk.name).state = value

    try:
        if end == "revoked":
            state("revoked")
        else:
            centre.clock = 40 * DAY
        back = phone.fill(page, {"comment": "Ghế <b>hỏng</b>"})
        assert back.status_code == 409 and "Chưa ghi: lời dưới đây" in back.text and "Cảm ơn" not in back.text
        assert re.search(r"<textarea[^>]*readonly[^>]*>\nGhế &lt;b&gt;hỏng&lt;/b&gt;</textarea>", back.text)
        assert count_stored(centre) == before
    finally:
        state("active")


def test_there_is_no_room_for_endless_words(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    page = phone.get(f"{address}&step=4")
    phone.send(address)
    texts = [f"{number} " + "ữ" * 900 for number in range(5)]
    answers = [phone.fill(page, {"comment": text}) for text in texts]
    assert [one.request.path.endswith("/sent") for one in answers] == [True] * 4 + [False]
    assert texts[4] in answers[4].text and "Không còn chỗ" in answers[4].text
    assert words(centre, response_id_of(address))["n"] == "\n\n".join(texts[:4]) and LONGEST_COMMENT == 4000


def test_too_long_or_unsealed_words_stand_there_again(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    page = phone.get(f"{address}&step=4")
    unsealed = {**read_hidden_fields(page.text), "seal": "f" * 32, "comment": "Lời", "N5": "1"}
    broken = phone.client.post(find_form_action(page), data=unsealed)
    assert broken.status_code == 400 and ">\nLời</textarea>" in broken.text and 'value="1" checked' in broken.text
    thanks = phone.fill(broken, {"comment": "Lời"})
    assert thanks.request.path.endswith("/sent") and words(centre, response_id_of(address)) == {"c": "Lời"}
    for data in ({"comment": "ữ" * 1001}, {"comment": "Lạ", "seal": "f" * 32}):
        back = phone.client.post(find_form_action(page), data={**read_hidden_fields(page.text), **data})
        assert back.status_code == 400 and f">\n{data['comment']}</textarea>" in back.text
    assert words(centre, response_id_of(address)) == {"c": "Lời"}


def test_words_to_a_slip_that_is_none_or_to_no_answer_stand_there_to_be_copied(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    for path in ("/r/NONSENSE/more", "/r/NONSENSE/words?id=1", "/d/NB-0/more", "/n/NONSENSE", f"/r/{token}/more?id=1",
                 f"/r/{token}/words?id=1", f"/d/{DESK}/more?id=1"):  # fmt: skip
        answer = phone.post(path, comment="Lời <i>ở đây</i>")
        assert 400 <= answer.status_code < 500, path
        assert re.search(r"<textarea[^>]*readonly[^>]*>\nLời &lt;i&gt;ở đây", answer.text), path


def test_tabs_that_send_at_the_same_moment_lose_no_words(both: tuple[Centre, Desk]) -> None:
    centre, desk = both
    phone = Phone(centre)
    address = f"{phone.tap(mint_slip(desk), 3)}&step=4"
    page = phone.get(address)
    cookie = phone.client.get_cookie("hailong_slip")
    assert cookie is not None

    def send(number: int) -> int:
        tab = Phone(centre)
        tab.client.set_cookie("hailong_slip", cookie.value)
        return tab.fill(page, {"comment": f"Lời {number}"}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(6))) == {200}
    stored_words = words(centre, response_id_of(address))
    comments = [stored_words["c"], *stored_words["n"].split("\n\n")]
    assert sorted(comments) == [f"Lời {number}" for number in range(6)]


def until(page: str) -> str:
    (time_text,) = re.findall(r"Xin gửi trang này trước (\d\d:\d\d)\.", page)
    return str(time_text)


def local(ms: int) -> str:
    return datetime.datetime.fromtimestamp(ms / 1000, clock.HCM).strftime("%H:%M")


def test_each_page_says_until_when_it_can_be_sent_and_it_is_true_then(centre: Centre, token: str) -> None:
    centre.stop_clock()
    try:
        phone = Phone(centre)
        start = centre.now().t
        address = phone.tap(token, 3)
        assert until(phone.get(address).text) == local(start + QUARTER)
        centre.clock = 5 * 60_000
        assert until(phone.get(address).text) == local(start + QUARTER)  # to look at it keeps nothing open
        assert until(phone.page(address, topic=["wait"]).text) == local(start + QUARTER + 5 * 60_000)
        centre.clock = 8 * 60_000
        refused = phone.page(f"{address}&step=4", comment="ữ" * 1001)
        assert until(refused.text) == local(start + QUARTER + 8 * 60_000)
        centre.clock = QUARTER + 8 * 60_000 - 60_001
        settle(centre)
        assert until(phone.get(f"{address}&step=4").text)  # still open in the last whole minute
        centre.clock = QUARTER + 8 * 60_000
        assert "Đã quá 15 phút" in phone.get(f"{address}&step=4").text
        settle(centre)
        assert find_response(centre, response_id_of(address)).state == "partial"
    finally:
        centre._stands = None


def test_after_a_failure_of_the_store_the_same_page_can_be_sent_once_more(
    scene: tuple[Centre, Desk], centre: Centre
) -> None:
    phone = Phone(centre)
    page = phone.get(f"{phone.tap(mint_slip(scene[1]), 3)}&step=4")
    data = {**read_hidden_fields(page.text), "act": "send", "comment": "Ghế\nhỏng", "N5": "1"}
    centre.jump_clock(-20 * DAY)
    try:
        failed = phone.client.post(find_form_action(page), data=data)
    finally:
        centre.jump_clock(0)
    assert failed.status_code == 503 and ">\nGhế\nhỏng</textarea>" in failed.text and "Cảm ơn" not in failed.text
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', failed.text))
    thanks = phone.client.post(action_of(failed.text), data={**again, "comment": "Ghế\nhỏng"}, follow_redirects=True)
    assert thanks.request.path.endswith("/sent") and words(centre, data["id"]) == {"c": "Ghế\nhỏng"}


def action_of(page: str) -> str:
    """Where the form that sends a page once more goes to."""
    (action,) = re.findall(r'<form class="left" method="post" action="([^"]*)"', page)
    return str(action).replace("&amp;", "&")
