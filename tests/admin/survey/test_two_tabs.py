"""One page of an answer in two tabs: what either of them sent is lost to nobody without a word."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.ledgers.signing_keys import WEB
from models.tables.response import OpenedSidecar, PhoneDraft
from tests.fixtures.centre_and_desk import Centre
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import Phone, find_form_action, find_response, response_id_of


def words(centre: Centre, id: str) -> str | None:
    with centre.database.read() as session:
        own = select(OpenedSidecar.value).where(OpenedSidecar.device_id == WEB, OpenedSidecar.id == id)
        return session.scalar(own.where(OpenedSidecar.kind == "c"))


def test_what_another_tab_sent_of_the_same_page_is_lost_to_nobody_without_a_word(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    at = phone.tap(token, 2)
    one, two = phone.get(at), phone.get(at)
    phone.fill(one, {"topic": ["wait"]})
    both = phone.fill(two, {"topic": ["papers"]})  # it did not show that the other one was ticked
    assert both.status_code == 409 and "từ một thẻ khác" in both.text
    assert all(f'value="{topic}" checked' in both.text for topic in ("wait", "papers"))
    factors = phone.fill(both, {"topic": ["papers"]})  # seen and unticked: so it was meant
    other = phone.get(factors.request.full_path)
    phone.fill(factors, {"A": "2"})
    last = phone.fill(other, {"E": "4"})
    blank = phone.get(last.request.full_path)
    fields = {**read_hidden_fields(last.text), "comment": "Ghế hỏng"}
    phone.client.post(find_form_action(last), data={**fields, "act": "back"})
    asked_again = phone.fill(blank, {"comment": "Chờ lâu"})
    assert asked_again.status_code == 409 and "Ghế hỏng\n\nChờ lâu" in asked_again.text
    thanks = phone.fill(asked_again, {"comment": "Ghế hỏng\n\nChờ lâu"})
    assert thanks.status_code == 200 and "lời viết của Ông/Bà đã được ghi nhận" in thanks.text
    row = find_response(centre, response_id_of(at))
    assert (row.answers, row.topics) == ({"overall": 2, "A": 2, "E": 4}, ["papers"])
    assert words(centre, response_id_of(at)) == "Ghế hỏng\n\nChờ lâu"


@pytest.mark.parametrize("act", ["send", "back"])
def test_a_page_sent_twice_and_one_drawn_for_another_reader_are_asked_about_by_nobody(
    centre: Centre, token: str, act: str
) -> None:
    phone = Phone(centre)
    at = phone.tap(token, 4)
    page = phone.get(at)
    for _touch in range(2):
        assert phone.fill(page, {"topic": ["wait"]}).status_code == 200
    english = phone.client.post(
        find_form_action(page) + "&lang=en", data={**read_hidden_fields(page.text), "act": "look", "topic": "wait"}
    )
    assert english.status_code == 200 and 'value="wait" checked' in english.text
    reply = phone.client.post(
        find_form_action(english), data={**read_hidden_fields(english.text), "act": act, "topic": "fair"}
    )
    assert reply.status_code == 303
    with centre.database.read() as session:
        assert session.get_one(PhoneDraft, response_id_of(at)).topics == ["fair"]
