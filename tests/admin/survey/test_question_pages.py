"""The question pages after the face: each durable when it is sent, drawn again, ended at any time.

They are drawn again with what was sent; what goes to the province alone stands nowhere else.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from admin import jobs
from admin.instruments import companion_questions
from models.protocol import entry_chain, sidecar
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar, PhoneDraft
from tests.fixtures.centre_and_desk import Centre
from tests.fixtures.phone_at_centre import QUARTER, Phone, count_stored, find_response, response_id_of


def draft(centre: Centre, id: str) -> PhoneDraft:
    with centre.database.read() as session:
        return session.get_one(PhoneDraft, id)


def opened(centre: Centre, id: str) -> dict[str, OpenedSidecar]:
    with centre.database.read() as session:
        return {side.kind: side for side in session.scalars(select(OpenedSidecar).where(OpenedSidecar.id == id))}


def test_each_page_is_kept_when_it_is_sent_and_stands_there_again(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    id = response_id_of(address)
    assert "Bước 2 trong 4" in phone.get(address).text
    second = phone.page(address, topic=["wait", "fair"])
    assert "Bước 3 trong 4" in second.text
    assert (draft(centre, id).topics, draft(centre, id).step) == (["wait", "fair"], 2)
    third = phone.page(address, A="4", E="0")
    assert "Bước 4 trong 4" in third.text and draft(centre, id).answers == {"A": 4, "E": 0}
    fourth = phone.page(address, "back", comment="Gọi 0912 345 678", N5="1", WHO="2")
    assert "Bước 3 trong 4" in fourth.text
    stored_draft = draft(centre, id)
    assert (stored_draft.comment, stored_draft.province) == ("Gọi •••", {"N5": 1, "WHO": 2})
    pages = {step: phone.get(f"{address}&step={step}").text for step in (2, 3, 4)}  # a reload
    assert 'value="wait" checked' in pages[2] and 'value="fair" checked' in pages[2] and "rest\" open" in pages[2]
    assert 'name="A" value="4" checked' in pages[3] and 'name="E" value="0" checked' in pages[3]
    assert 'name="N5" value="1" checked' in pages[4] and "Gọi •••" in pages[4]
    assert all('name="score"' not in page for page in pages.values())


def test_a_page_sent_again_takes_the_place_of_what_it_said(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    phone.page(address + "&step=2", topic=["wait"])
    phone.page(address + "&step=3", A="1", B="2")
    phone.page(address + "&step=2", topic=["fair"])
    phone.page(address + "&step=3", B="5")
    phone.page(address + "&step=4", comment="một", N6="2")
    row = find_response(centre, response_id_of(address))
    assert (row.answers, row.topics) == ({"overall": 2, "B": 5}, ["fair"])


@pytest.mark.parametrize("step", [2, 3, 4])
def test_stopping_records_the_pages_before_as_complete(centre: Centre, token: str, step: int) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    page_fields: list[dict[str, Any]] = [{"topic": ["wait"]}, {"A": "3"}, {"comment": "x", "N5": "2"}]
    for number, more in enumerate(page_fields[: step - 2], 2):
        phone.page(f"{address}&step={number}", **more)
    answer = phone.page(f"{address}&step={step}", "stop", **page_fields[step - 2])
    assert "Cảm ơn Ông/Bà!" in answer.text
    row = find_response(centre, response_id_of(address))
    assert row.state == "complete" and row.topics == (["wait"] if step > 2 else [])
    assert row.answers == {"overall": 4} | ({"A": 3} if step > 3 else {})
    assert set(opened(centre, row.id)) == {"r", "f"}


def test_what_was_sent_before_the_silence_is_kept_as_partial(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    phone.page(address, topic=["wait"])
    phone.page(address, A="5")
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = find_response(centre, response_id_of(address))
    assert (row.state, row.topics, row.answers) == ("partial", ["wait"], {"overall": 3, "A": 5})


def test_each_sent_page_begins_the_quarter_of_an_hour_again(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    centre.clock = QUARTER - 60_000
    phone.page(address, topic=["wait"])
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 120_000)
    assert draft(centre, response_id_of(address)).topics == ["wait"]


def test_what_is_for_the_province_travels_beside_the_entry_and_stands_nowhere_else(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 1)
    assert "Ý kiến chỉ gửi về tỉnh, không chuyển đơn vị được đánh giá" in phone.get(address + "&step=4").text
    phone.page(address + "&step=4", N5="2", N6="0", WHO="")
    id = response_id_of(address)
    side = opened(centre, id)["x"]
    assert json.loads(side.value) == {"answers": [["N5", 2], ["N6", 0]], "id": "province", "version": 1}
    row = find_response(centre, id)
    with centre.database.read() as session:
        entry = session.get_one(StoredEntry, (row.device_id, row.epoch, row.seq)).bytes
        tallied = session.execute(text("select item from tally_month")).scalars().all()
    p = entry_chain.parse(entry).p
    assert p["x"] == sidecar.commitment(side.salt, side.value)
    assert row.answers == {"overall": 1} and b"N5" not in entry and b"N6" not in entry
    assert not {"N5", "N6", "WHO"} & set(tallied)


@pytest.mark.parametrize("given", [{"N5": "3"}, {"N6": "-1"}, {"WHO": "0"}, {"N5": "x"}], ids=str)
def test_a_word_that_was_not_offered_is_not_taken(centre: Centre, token: str, given: dict[str, str]) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 1) + "&step=4"
    before, answer = count_stored(centre), phone.page(address, **given)
    assert answer.status_code == 400 and 'role="alert"' in answer.text and count_stored(centre) == before


def test_a_step_that_does_not_exist_is_the_nearest_one(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 1)
    for step, number in (("0", 2), ("1", 2), ("-7", 2), ("99", 4), ("x", 2), ("", 2)):
        assert f"Bước {number} trong 4" in phone.get(f"{address}&step={step}").text


def test_the_questions_for_the_province_are_whole() -> None:
    province_questions = companion_questions.read_province_questions()
    assert [question.id for question in province_questions.questions] == ["N5", "N6", "WHO"]
    for question in province_questions.questions:
        for words in (question.text, *(choice for _value, choice in question.choices)):
            assert words["vi"] and words["en"]


def test_a_newer_questionnaire_in_between_loses_no_answer(centre: Centre, token: str) -> None:
    """The draft was begun under the questions of its time; a version that asks less comes before it is sent."""
    from models.tables.agency import StoredInstrument

    phone = Phone(centre)
    address = phone.tap(token, 4)
    phone.page(address, topic=["wait"])
    phone.page(address, A="5", C="1")
    with centre.database.write() as session:
        document = dict(session.get_one(StoredInstrument, ("short", 1)).document)
        fewer = [item for item in document["items"] if item["id"] != "C"]
        session.add(
            StoredInstrument(id="short", version=9, status="open", document=document | {"version": 9, "items": fewer})
        )
    try:
        phone.page(address, "stop")
        row = find_response(centre, response_id_of(address))
        assert (row.outcome, row.version, row.answers) == ("counted", 1, {"overall": 4, "A": 5, "C": 1})
    finally:
        with centre.database.write() as session:
            session.delete(session.get_one(StoredInstrument, ("short", 9)))
