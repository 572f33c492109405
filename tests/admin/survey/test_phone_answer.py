"""The phone page: a slip minted while the centre was down is proved, spent once and counted once.

Words stand beside the entry and nothing is kept about the person.
"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from admin import jobs
from models.protocol import entry_chain, sidecar, slip
from models.tables.device import Device
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar, PhoneDraft, Response, SpentSlip, Tie
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre, Desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    BIRTH,
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


def test_looking_never_spends_a_slip(centre: Centre, token: str) -> None:
    before = count_stored(centre)
    for phone in (Phone(centre), Phone(centre, cookies=False)):
        assert phone.get(f"/R/{token}").status_code == phone.get(f"/r/{token}").status_code == 200
        assert phone.client.head(f"/R/{token}").status_code == 200
    assert count_stored(centre) == before


def test_an_answer_is_counted_once_with_all_that_the_slip_says(centre: Centre, token: str) -> None:
    before, n = count_stored(centre), centre.index()["n"]
    phone = Phone(centre)
    address = phone.tap(token, 2)
    with centre.database.read() as session:
        assert session.get_one(PhoneDraft, response_id_of(address)).score == 2
    thanks = phone.send(address, topic=["wait", "fair"], A="4", E="0", act="send")
    assert thanks.status_code == 200 and "Cảm ơn Ông/Bà!" in thanks.text
    row = find_response(centre, response_id_of(address))
    assert (row.outcome, row.reason, row.channel, row.state, row.score) == ("counted", None, "qr", "complete", 2)
    assert (row.stage, row.procedure_code, row.agency_key, row.desk_code) == ("result", BIRTH, AGENCY, DESK)
    assert row.answers == {"overall": 2, "A": 4, "E": 0} and row.topics == ["wait", "fair"]
    assert centre.index()["n"] == n + 1
    added = {name: count - before[name] for name, count in count_stored(centre).items()}
    assert added == {
        "SpentSlip": 1, "LaterAnswer": 0, "PhoneDraft": 0, "Response": 1, "StoredEntry": 1, "OpenedSidecar": 2,
        "Tie": 1, "FollowUp": 1, "Note": 0,
    }  # fmt: skip


def test_stopping_at_once_records_the_face_alone(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 5)
    assert "Cảm ơn Ông/Bà!" in phone.page(address, "stop", topic=["wait"]).text
    row = find_response(centre, response_id_of(address))
    assert (row.answers, row.topics, row.state) == ({"overall": 5}, [], "complete")


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_the_same_post_again_gets_the_first_answer(centre: Centre, token: str, cookies: bool) -> None:
    phone = Phone(centre, cookies)
    form = phone.form(f"/r/{token}")
    first = phone.post(f"/r/{token}", **form, score=4)
    before = count_stored(centre)
    again = phone.post(f"/r/{token}", **form, score=1)
    assert again.location == first.location
    assert (first.status_code, again.status_code) == (303, 303)
    assert response_id_of(first.location) == response_id_of(again.location) == form["id"]
    assert count_stored(centre) == before
    phone.send(first.location, act="send")
    whole = count_stored(centre)
    late = phone.client.post(f"/r/{token}", data={**form, "score": 1}, follow_redirects=True)
    assert ("lần chạm này không đổi gì" if cookies else "Cảm ơn Ông/Bà!") in late.text  # with cookies: who is it?
    assert count_stored(centre) == whole and find_response(centre, form["id"]).score == 4


def test_sending_twice_adds_nothing_the_second_time(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    form, path = phone.form(address), address.partition("?")[0]
    phone.send(address, topic=["wait"])
    before = count_stored(centre)
    assert "Cảm ơn" in phone.client.post(path, data={**form, "topic": ["wait"]}, follow_redirects=True).text
    assert count_stored(centre) == before and find_response(centre, form["id"]).topics == ["wait"]


def test_the_same_browser_finds_its_own_answer_again(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    for path in (f"/R/{token}", f"/r/{token.lower()}"):
        assert read_hidden_fields(phone.get(path).text)["id"] == response_id_of(address)
    assert response_id_of(phone.back(token).request.full_path) == response_id_of(address)
    phone.send(address, act="send")
    again = phone.back(token)
    assert again.request.path.endswith("/sent") and "Cảm ơn Ông/Bà!" in again.text


def test_words_are_masked_and_stand_beside_the_entry_only(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 1)
    comment = "Cán bộ hẹn lại 3 lần.\nGọi tôi 0912 345 678, CCCD 037201001234, thư a.b@vd.vn"
    phone.send(address, comment=comment, act="send")
    id = response_id_of(address)
    row = find_response(centre, id)
    with centre.database.read() as session:
        sidecars = {side.kind: side for side in session.scalars(select(OpenedSidecar).where(OpenedSidecar.id == id))}
        entry = session.get_one(StoredEntry, (row.device_id, row.epoch, row.seq)).bytes
        tie = session.get_one(Tie, id).key
        device = session.scalars(select(SpentSlip.device_id).where(SpentSlip.response_id == id)).one()
    assert sidecars["c"].value == "Cán bộ hẹn lại 3 lần.\nGọi tôi •••, CCCD •••, thư •••"
    paper, _ = slip.parse(token)
    assert sidecars["r"].value == tie == slip.name_slip(device, paper.epoch, paper.serial)
    p = entry_chain.parse(entry).p
    for key, side in sidecars.items():
        assert p[key] == sidecar.commitment(side.salt, side.value)
    for secret in ("Cán", "0912", "0372", "vd.vn", tie, token, str(paper.serial) + ":"):
        assert secret.encode() not in entry


def test_too_long_a_comment_is_handed_back_whole(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    before, long = count_stored(centre), "ữ" * 1001
    answer = phone.send(address, comment=long, topic=["wait"], A="3", N5="2", act="send")
    assert answer.status_code == 400 and long in answer.text and "1.000" in answer.text
    assert 'name="N5" value="2" checked' in answer.text
    assert count_stored(centre) == before
    reply = phone.client.post(find_form_action(answer), data={**read_hidden_fields(answer.text), "comment": "ngắn"})
    assert reply.status_code == 303 and "/sent?" in reply.location
    assert find_response(centre, response_id_of(address)).topics == ["wait"]


def test_the_second_page_needs_its_own_seal(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    form = {**phone.form(address), "seal": "f" * 32}
    answer = phone.post(address, **form, topic=["wait"])
    assert answer.status_code == 400 and 'role="alert"' in answer.text and 'value="wait" checked' in answer.text
    check_error_page(phone.post(address.partition("?")[0], **form, topic=["wait"]), "HL-403")
    with centre.database.read() as session:
        assert session.get(PhoneDraft, form["id"]) is not None


@pytest.mark.parametrize("more", [{"A": "6"}, {"B": "x", "A": "3"}], ids=["six", "x"])
def test_a_factor_score_that_was_not_offered_is_not_taken(centre: Centre, token: str, more: dict[str, str]) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    before, answer = count_stored(centre), phone.page(address + "&step=3", **more)
    assert answer.status_code == 400 and "Máy không hiểu" in answer.text
    assert count_stored(centre) == before


def test_left_alone_it_is_sealed_as_partial_after_a_quarter_of_an_hour(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    form, id = phone.form(address), response_id_of(address)
    touched = centre.now().t
    centre.clock += QUARTER - 60_000
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    with centre.database.read() as session:
        assert session.get(Response, id) is None and session.get(PhoneDraft, id) is not None
    centre.clock += 60_000
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = find_response(centre, id)
    assert (row.state, row.score, row.outcome, row.channel) == ("partial", 4, "counted", "qr")
    assert row.at_ms <= touched
    with centre.database.read() as session:
        assert session.get(PhoneDraft, id) is None
    before = count_stored(centre)
    late = phone.client.post(address.partition("?")[0], data=form, follow_redirects=True)
    assert late.request.path.endswith("/sent") and "15 phút" in late.text
    assert count_stored(centre) == before


def test_a_page_in_use_is_not_taken_away(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4) + "&step=4"
    centre.clock += QUARTER - 60_000
    assert phone.send(address, comment="x" * 1001).status_code == 400
    centre.clock += 120_000
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    with centre.database.read() as session:
        assert session.get(PhoneDraft, response_id_of(address)) is not None
    assert "15 phút" not in phone.send(address, comment="ngắn").text


def test_a_device_revoked_after_the_tap_takes_no_answer_away(scene: tuple[Centre, Desk], centre: Centre) -> None:
    desk = scene[1]
    left, sent_token, unused = mint_slip(desk), mint_slip(desk), mint_slip(desk)
    phone = Phone(centre)
    one, two = phone.tap(left, 3), phone.tap(sent_token, 4)
    device = desk.name

    def state(value: str) -> None:
        with centre.database.write() as session:
            session.get_one(Device, device).state = value

    state("revoked")
    try:
        assert "UBND xã Yên Mô" in check_error_page(Phone(centre).get(f"/r/{unused}"), "HL-410")
        assert phone.post(f"/r/{unused}", score=3).status_code == 410
        assert "Cảm ơn" in phone.send(two, topic=["wait"]).text
        centre.clock += QUARTER
        jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    finally:
        state("active")
    assert (find_response(centre, response_id_of(one)).score, find_response(centre, response_id_of(two)).score) == (
        3,
        4,
    )


def test_another_language_keeps_the_slip_and_is_recorded(centre: Centre, token: str) -> None:
    before, phone = count_stored(centre), Phone(centre)
    page = phone.get(f"/R/{token}").text
    (link,) = re.findall(r'href="([^"]*lang=en)"', page)
    english = phone.get(link).text
    assert '<html lang="en">' in english and "Birth registration" in english and "Very satisfied" in english
    assert count_stored(centre) == before
    address = phone.tap(token, 5, "?lang=en")
    more = phone.get(address).text
    assert "lang=en" in address and '<html lang="en">' in more
    (back,) = re.findall(r'formaction="([^"]*)"[^>]* lang="vi"', more)
    again = phone.post(back.replace("&amp;", "&"), **read_hidden_fields(more), act="look")
    assert "lang=" not in back and '<html lang="vi">' in again.text
    thanks = phone.send(address, act="send")
    assert "Thank you!" in thanks.text or "Cảm ơn" in thanks.text
    assert find_response(centre, response_id_of(address)).lang == "en"


def test_the_thanks_name_the_agency_in_the_language_of_the_page(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 5, "?lang=en")
    thanks = phone.send(address)
    assert "Thank you!" in thanks.text and "Committee of Yen Mo Commune" in thanks.text
    assert "UBND xã Yên Mô" in phone.client.get(address.replace("lang=en", ""), follow_redirects=True).text


def test_small_letters_and_capitals_are_the_same_slip(centre: Centre, token: str) -> None:
    for path in (f"/R/{token}", f"/r/{token}", f"/r/{token.lower()}", f"/R/{token.lower()}"):
        page = Phone(centre).get(path)
        assert page.status_code == 200 and f'action="/r/{token}"' in page.text


def bare(page: str, token: str, id: str) -> str:
    """A page without what differs from response to response: token, id, seals, and the follow-up code in its three
    shapes."""
    page = page.replace(token, "TOKEN").replace(id, "ID")
    page = re.sub(r'(value="|k=)[0-9a-f]{32}', r"\1SEAL", page)
    page = re.sub(r"trước \d\d:\d\d\.", "TIME", page)
    page = re.sub(r"data:image/png;base64,[\w+/=]+|M\d+ \d+h[\dMhvz -]+", "PICTURE", page)
    return re.sub(r"\b[0-9A-HJ-NP-TV-Z]{4}([ -][0-9A-HJ-NP-TV-Z]{4}){2}\b", "CODE", page)


def test_every_score_sees_the_same_pages(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    page_texts, at = [], desk.now()  # slips of one day: a page says when the result is due
    for score in range(1, 6):
        phone, token = Phone(centre), mint_slip(desk, at=at)
        address = phone.tap(token, score)
        pages = [phone.get(address), phone.page(address)]
        pages += [phone.page(address + "&step=3"), phone.page(address + "&step=4")]
        pages += [phone.get(find_link(pages[-1], "/long?")), Phone(centre).get(f"/r/{token}")]
        assert [page.status_code for page in pages] == [200] * 5 + [409]
        page_texts.append([bare(page.text, token, response_id_of(address)) for page in pages])
    assert len(set(page_texts[0])) == len(page_texts[0])
    for number, alike in enumerate(zip(*page_texts, strict=True)):
        assert len(set(alike)) == 1, number
    assert not any(" checked" in page for page in page_texts[0])


def test_what_is_kept_of_a_browser_differs_from_slip_to_slip(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    phone, tokens = Phone(centre), [mint_slip(desk), mint_slip(desk)]
    ids = [response_id_of(phone.tap(token, 4)) for token in tokens]
    with centre.database.read() as session:
        rows = session.scalars(select(SpentSlip.browser).where(SpentSlip.response_id.in_(ids))).all()
    assert len(set(rows)) == 2
    cookie = phone.client.get_cookie("hailong_slip")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    assert all(cookie.value not in row for row in rows)


def test_every_page_is_kept_by_no_cache_and_sends_no_address_on(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    pages = [Phone(centre).get(f"/r/{token}"), phone.get(address), phone.send(address, act="send")]
    for page in [*pages, Phone(centre).get("/r/nonsense")]:
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.text and " style=" not in page.text
