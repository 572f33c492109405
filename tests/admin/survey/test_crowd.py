"""Crowds of phones at once, on both databases: one slip stays one answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin import jobs
from admin.slips import slip_spending
from admin.slips.anonymous_request_limits import AnonymousCounts, AnonymousLimits
from models.tables.response import Response
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import (
    QUARTER,
    Phone,
    check_error_page,
    count_stored,
    find_response,
    mint_slip,
    response_id_of,
)


@pytest.fixture
def crowd(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def together(work: list[Any]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_fifty_posts_of_one_browser_make_one_answer(crowd: tuple[Centre, Desk], cookies: bool) -> None:
    centre, desk = crowd
    token = mint_slip(desk)
    one = Phone(centre, cookies)
    form = one.form(f"/r/{token}")
    cookie = one.client.get_cookie("hailong_slip") if cookies else None
    # fifty tabs, or one page sent fifty times
    forms = [one.form(f"/r/{token}") if cookies else form for _ in range(50)]
    before = count_stored(centre)

    def post(number: int) -> TestResponse:
        phone = Phone(centre)
        if cookie:
            phone.client.set_cookie("hailong_slip", cookie.value)
        return phone.post(f"/r/{token}", **forms[number], score=1 + number % 5)

    answers = together([lambda number=number: post(number) for number in range(50)])
    (location,) = {answer.location for answer in answers if answer.status_code == 303}
    id = response_id_of(location)
    assert {answer.status_code for answer in answers} == ({303, 409} if cookies else {303})
    assert id in {form["id"] for form in forms}
    added = {name: count - before[name] for name, count in count_stored(centre).items()}
    assert (added["SpentSlip"], added["LaterAnswer"], added["PhoneDraft"]) == (1, 0, 1)
    address = f"{location}&step=4"
    last = one.form(address)

    def send() -> TestResponse:
        phone = Phone(centre)
        if cookie:
            phone.client.set_cookie("hailong_slip", cookie.value)
        return phone.post(address, **last, N5="0")

    assert {answer.status_code for answer in together([send] * 10)} == {303}
    row = find_response(centre, id)
    assert (row.outcome, row.state) == ("counted", "complete")
    assert count_stored(centre)["Response"] == before["Response"] + 1
    assert centre.index()["n"] == 1


def test_fifty_browsers_with_one_slip_are_fifty_answers_of_which_the_lowest_counts(
    crowd: tuple[Centre, Desk],
) -> None:
    centre, desk = crowd
    token = mint_slip(desk)
    phones = [Phone(centre) for _ in range(50)]
    forms = [phone.form(f"/r/{token}") for phone in phones]
    before = count_stored(centre)

    def tap(number: int) -> TestResponse:
        return phones[number].post(f"/r/{token}", **forms[number], score=2 + number % 4)

    answers = together([lambda number=number: tap(number) for number in range(50)])
    assert {answer.status_code for answer in answers} == {303}
    assert [response_id_of(answer.location) for answer in answers] == [form["id"] for form in forms]
    added = {name: count - before[name] for name, count in count_stored(centre).items()}
    assert (added["SpentSlip"], added["LaterAnswer"], added["PhoneDraft"]) == (1, 49, 50)
    assert {answer.status_code for answer in together([lambda n=n: tap(n) for n in range(50)])} == {303}
    assert {name: count - before[name] for name, count in count_stored(centre).items()} == added
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + QUARTER)
    with centre.database.read() as session:
        rows = session.scalars(select(Response)).all()
        lowest = min(rows, key=lambda row: (row.score, row.claimed_ms, row.id))
    assert len(rows) == 50
    assert {row.id: row.outcome for row in rows} == {
        row.id: "counted" if row is lowest else "contested" for row in rows
    }
    assert lowest.score == 2 and centre.index()["n"] == 1


def test_a_tap_stands_beside_one_that_was_quicker_by_a_moment(
    tmp_path: Path, postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the slip and its spending another browser's tap is stored; SQLite has one writer."""
    with pair_centre_and_desk(tmp_path, postgres_store_url) as (centre, desk):
        token = mint_slip(desk)
        slow, quick, spend = Phone(centre), Phone(centre), slip_spending.spend_slips
        forms = {phone: phone.form(f"/r/{token}") for phone in (slow, quick)}

        def later(*asked: Any) -> set[str]:
            monkeypatch.setattr(slip_spending, "spend_slips", spend)
            assert quick.post(f"/r/{token}", **forms[quick], score=5).status_code == 303
            return spend(*asked)

        monkeypatch.setattr(slip_spending, "spend_slips", later)
        before = count_stored(centre)
        assert slow.post(f"/r/{token}", **forms[slow], score=4).status_code == 303
        added = {name: count - before[name] for name, count in count_stored(centre).items()}
        assert (added["SpentSlip"], added["LaterAnswer"], added["PhoneDraft"]) == (1, 1, 2)


def test_a_network_does_not_fill_a_slip(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(beside_network=2))
    token, path = mint_slip(desk), ""
    phones = [Phone(centre, cookies=False) for _ in range(4)]
    for phone in phones[:3]:
        path = f"/r/{token}/again" if path else f"/r/{token}"
        assert phone.post(f"/r/{token}", **phone.form(path), score=3).status_code == 303
    before = count_stored(centre)
    page = check_error_page(phones[3].post(f"/r/{token}", **phones[3].form(path), score=1), "HL-429")
    assert "rất nhiều" in page and "mạng di động" in page and count_stored(centre) == before
    other = Phone(centre, cookies=False, address="203.0.113.9")
    assert other.post(f"/r/{token}", **other.form(path), score=1).status_code == 303


def test_the_very_first_answer_keeps_its_time(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    before = centre.now().t
    address = Phone(centre).tap(mint_slip(desk), 4)
    after = centre.now().t
    jobs.update_responses_and_tallies(centre.database, centre.keys, after + QUARTER)
    row = find_response(centre, response_id_of(address))
    assert before <= row.at_ms == row.claimed_ms <= after


def test_ten_slips_at_once_are_ten_answers(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    tokens = [mint_slip(desk) for _ in range(10)]

    def whole(token: str) -> TestResponse:
        phone = Phone(centre)
        return phone.send(phone.tap(token, 5), act="send")

    answers = together([lambda token=token: whole(token) for token in tokens])
    assert {one.status_code for one in answers} == {200}
    assert centre.index()["n"] == 10


def test_a_poster_in_a_crowd_is_as_many_answers_as_browsers(crowd: tuple[Centre, Desk]) -> None:
    centre, _desk = crowd
    phones = [Phone(centre) for _ in range(10)]
    forms = [phone.form(f"/d/{DESK}") for phone in phones]

    def tap(number: int) -> TestResponse:
        return phones[number % 10].post(f"/d/{DESK}", **forms[number % 10], score=1 + number % 5)

    answers = together([lambda number=number: tap(number) for number in range(30)])
    assert {(one.status_code, response_id_of(one.location)) for one in answers} == {(303, form["id"]) for form in forms}
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + QUARTER)
    with centre.database.read() as session:
        rows = session.scalars(select(Response)).all()
    assert {(row.channel, row.outcome) for row in rows} == {("poster", "counted")} and len(rows) == 10
    assert centre.index()["n"] == 0


def test_an_address_that_no_store_can_be_asked_for_is_none(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    token = mint_slip(desk)
    Phone(centre).tap(token, 3)
    for path in (f"/r/{token}/more?id=%00", f"/r/{token}/sent?k=a&id=a%00b", "/d/NB-14701-Q1/more?id=%00", "/v/%00"):
        assert Phone(centre).get(path).status_code == 404, path
