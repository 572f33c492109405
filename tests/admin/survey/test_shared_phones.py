"""A phone or a hall's computer that several people use, and an address that is opened elsewhere.

Nobody lands in another person's answer, sees what was said or is kept from rating; whoever began it can go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import jobs
from admin.survey import own_answer_proof
from models.tables.response import PhoneDraft
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
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

SAID = (" checked>", "Ghế hỏng", "Mã theo dõi")


@pytest.fixture(name="both")
def on_either_store(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def tap(phone: Phone, path: str, score: int) -> str:
    answer = phone.post(path, **phone.form(path), score=score)
    assert answer.status_code == 303, answer.text
    return answer.location


def draft(centre: Centre, id: str) -> PhoneDraft:
    with centre.database.read() as session:
        return session.get_one(PhoneDraft, id)


@pytest.mark.parametrize("sealed", [False, True], ids=["unfinished", "finished"])
def test_a_second_person_at_the_same_phone_is_asked_and_rates_beside_the_first(
    both: tuple[Centre, Desk], sealed: bool
) -> None:
    centre, desk = both
    token, phone = mint_slip(desk), Phone(centre)
    first = phone.tap(token, 4)
    phone.page(first, topic=["wait"])
    phone.page(first, "back", A="2")
    if sealed:
        phone.send(f"{first}&step=4", comment="Ghế hỏng")
    before = count_stored(centre)
    ask_page = phone.get(f"/r/{token}")
    assert ("chưa gửi xong" in ask_page.text) == (not sealed) and not any(word in ask_page.text for word in SAID)
    assert "score" not in ask_page.text and "k=" not in ask_page.text
    faces = phone.get(find_link(ask_page, "/again"))
    assert not any(word in faces.text for word in SAID) and count_stored(centre) == before
    form = read_hidden_fields(faces.text)
    seconds = {
        phone.post(find_form_action(faces), **form, score=score).location for score in (2, 5)
    }  # the page sent twice
    (second,) = seconds
    assert response_id_of(second) == form["id"] != response_id_of(first)
    page = phone.get(second)
    assert page.status_code == 200 and not any(word in page.text for word in SAID)
    phone.send(second)
    if not sealed:
        phone.send(f"{first}&step=4")
    rows = [find_response(centre, response_id_of(one)) for one in (first, second)]
    assert [(row.score, row.outcome) for row in rows] == [(4, "contested"), (2, "counted")]
    assert count_stored(centre)["LaterAnswer"] == before["LaterAnswer"] + 1


def test_faces_that_stood_open_ask_too_and_say_that_the_touch_was_not_taken(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    stood = phone.form(f"/r/{token}")
    first = phone.tap(token, 5)
    before = count_stored(centre)
    ask_page = phone.post(f"/r/{token}", **stood, score=1)
    assert ask_page.status_code == 409 and "chưa được ghi" in ask_page.text and find_link(ask_page, "/again")
    assert count_stored(centre) == before
    assert response_id_of(
        phone.client.post(find_form_action(ask_page), data=read_hidden_fields(ask_page.text)).location
    ) == response_id_of(first)


@pytest.mark.parametrize("sealed", [False, True], ids=["unfinished", "finished"])
def test_faces_that_back_shows_as_they_stood_lead_nobody_into_another_s_answer(
    centre: Centre, token: str, sealed: bool
) -> None:
    phone = Phone(centre)
    stood, poster = phone.form(f"/r/{token}"), phone.form(f"/d/{DESK}")
    for path, form in ((f"/r/{token}", stood), (f"/d/{DESK}", poster)):
        first = phone.post(path, **form, score=5).location
        assert phone.post(path, **form, score=5).location == first  # touched twice
        phone.page(first, topic=["wait"])
        if sealed:
            phone.send(f"{first}&step=4", comment="Ghế hỏng")
        before = count_stored(centre)
        for score in (1, 5):  # nothing is told of what was touched
            ask_page = phone.post(path, **form, score=score)
            assert ask_page.status_code == 409 and not any(word in ask_page.text for word in SAID), ask_page.text
            assert count_stored(centre) == before
        if path.startswith("/r"):
            assert "lần chạm này không đổi gì" in ask_page.text
            ask_page = phone.get(find_link(ask_page, "/again"))
        else:
            assert "chưa được ghi" in ask_page.text
        second = phone.post(find_form_action(ask_page), **read_hidden_fields(ask_page.text), score=1)
        assert second.status_code == 303 and response_id_of(second.location) != response_id_of(first)


def test_whoever_says_it_was_me_goes_on_and_is_not_shown_what_was_sent_before(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    first = phone.tap(token, 4)
    phone.page(first, topic=["wait"])
    centre.clock = QUARTER - 60_000
    page = phone.back(token)
    assert "Bước 3 trong 4" in page.text and 'value="back"' not in page.text
    address = page.request.full_path
    for step in (1, 2, 3):
        page_text = phone.get(f"{address}&step={step}".replace("step=3&", "")).text
        assert "Bước 3 trong 4" in page_text and "checked" not in page_text
    centre.clock += 120_000  # a new quarter of an hour
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    page = phone.page(address, A="2")
    assert "Bước 4 trong 4" in page.text
    assert 'name="A" value="2" checked' in phone.get(f"{address}&step=3").text  # what this tab itself sent
    assert "Mã theo dõi" in phone.fill(page, {"comment": "Ghế hỏng"}).text
    row = find_response(centre, response_id_of(first))
    assert (row.answers, row.topics) == ({"overall": 4, "A": 2}, ["wait"])


def test_what_was_said_on_a_page_that_is_not_shown_stays_beside_what_is_added(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    first = phone.tap(token, 4)
    phone.page(f"{first}&step=4", "back", comment="Ghế hỏng", N5="1")
    page = phone.back(token)
    assert "Bước 4 trong 4" in page.text and "Ghế hỏng" not in page.text and "checked" not in page.text
    phone.fill(page, {"comment": "Đông quá", "N6": "1"})
    with centre.database.read() as session:
        from models.tables.response import OpenedSidecar

        id = response_id_of(first)
        device = find_response(centre, id).device_id
        comment = session.get_one(OpenedSidecar, (device, id, "c")).value
        province = session.get_one(OpenedSidecar, (device, id, "x")).value
    assert comment == "Ghế hỏng\n\nĐông quá" and '["N5",1],["N6",1]' in province


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_a_reload_goes_on_as_before(centre: Centre, token: str, cookies: bool) -> None:
    phone = Phone(centre, cookies)
    address = phone.tap(token, 4)
    phone.page(address, topic=["wait"])
    assert 'value="wait" checked' in phone.get(f"{address}&step=2").text
    thanks = phone.send(address, comment="Ghế hỏng")
    assert "Mã theo dõi" in thanks.text and "Mã theo dõi" in phone.get(thanks.request.full_path).text


@pytest.mark.parametrize("poster", [False, True], ids=["slip", "poster"])
@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_an_address_that_is_opened_elsewhere_shows_and_changes_nothing(
    both: tuple[Centre, Desk], poster: bool, cookies: bool
) -> None:
    centre, desk = both
    way = f"/d/{DESK}" if poster else f"/r/{mint_slip(desk)}"
    owner, stranger = Phone(centre), Phone(centre, cookies)
    address = tap(owner, way, 2)
    owner.page(address, topic=["wait"])
    id, form = response_id_of(address), owner.form(f"{address}&step=2")
    before = count_stored(centre)
    bare = f"{way}/more?id={id}"
    for path in (address, f"{address}&step=2", bare, f"{address}&lang=en", address.replace("/more", "/sent"),
                 address.replace("/more", "/words")):  # fmt: skip
        page = check_error_page(stranger.get(path), "HL-403")
        assert " checked>" not in page and "Bước" not in page and id not in page
        assert f'<a class="first" href="{way}{"" if poster else "/again"}' in page
        posted = stranger.post(path, **form, topic=["fair"], comment="Lời lạ")
        if "/sent" in path:
            assert posted.status_code == 405
        else:
            assert ">\nLời lạ</textarea>" in check_error_page(posted, "HL-403")  # to be copied
    assert count_stored(centre) == before and draft(centre, id).topics == ["wait"]
    thanks = owner.send(address).request.full_path
    before = count_stored(centre)
    for path in (thanks, f"{way}/sent?id={id}", address.replace("/more", "/words")):
        assert "Mã theo dõi" not in check_error_page(stranger.get(path), "HL-403")
    check_error_page(stranger.post(address.replace("/more", "/words"), **form, comment="Lời lạ"), "HL-403")
    assert count_stored(centre) == before


def test_the_address_of_a_browser_without_cookies_is_believed_while_it_is_open_and_for_a_day(
    centre: Centre, token: str
) -> None:
    plain = Phone(centre, cookies=False)
    address = plain.tap(token, 2)
    plain.page(address, topic=["wait"])
    moved = Phone(centre)  # whoever has the address has all that this browser could show
    moved.get(f"/d/{DESK}")
    assert 'value="wait" checked' in moved.get(f"{address}&step=2").text
    thanks = plain.send(address).request.full_path
    assert "Mã theo dõi" in plain.get(thanks).text
    centre.clock = own_answer_proof.BARE_MS + QUARTER
    check_error_page(plain.get(thanks), "HL-403")
    assert ">\nmuộn</textarea>" in check_error_page(
        plain.post(address.replace("/more", "/words"), comment="muộn"), "HL-403"
    )


def test_the_long_form_goes_on_in_its_own_browser_alone(centre: Centre, token: str) -> None:
    owner = Phone(centre)
    last_page = owner.send(owner.tap(token, 4))
    path = find_link(last_page, "/long?")
    second = owner.page(path, **{"SIPAS23-A1": "2"})
    assert "checked" in owner.get(f"{path}&step=1").text
    form = owner.form(path)
    for stranger in (Phone(centre), Phone(centre, cookies=False)):
        check_error_page(stranger.get(path), "HL-403")
        check_error_page(stranger.post(path, **form, **{"SIPAS23-A1": "5"}), "HL-403")
    assert draft(centre, read_hidden_fields(second.text)["id"]).answers == {"SIPAS23-A1": 2}
    thanks = owner.back(token)  # another person at this phone, who says it was them
    page = owner.get(find_link(thanks, "/long?"))
    assert "Bước 2 trong 5" in page.text
    assert "checked" not in owner.get(f"{find_link(thanks, '/long?')}&step=1").text


def test_at_a_poster_the_next_person_always_finds_fresh_faces(both: tuple[Centre, Desk]) -> None:
    centre, _desk = both
    hall = Phone(centre)
    first = tap(hall, f"/d/{DESK}", 1)
    assert "Người khác đánh giá" in hall.get(first).text
    hall.page(first, topic=["wait"])
    page = hall.get(f"/d/{DESK}")
    assert page.status_code == 200 and "score" in page.text and response_id_of(first) not in page.text
    second = tap(hall, f"/d/{DESK}", 5)
    assert "checked" not in hall.get(f"{second}&step=2").text
    assert 'value="wait" checked' in hall.get(f"{first}&step=2").text  # by its own address
    hall.send(second)
    hall.send(first)
    assert [find_response(centre, response_id_of(one)).score for one in (first, second)] == [1, 5]
