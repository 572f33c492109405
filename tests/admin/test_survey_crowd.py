"""Many phones at once, on both databases: one slip stays one answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from admin import upkeep
from tests.admin.phone import QUARTER, Phone, id_of, kind, minted, response, stored
from tests.flow.scene import Centre, Desk, paired


@pytest.fixture
def crowd(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with paired(tmp_path, store_url) as both:
        yield both


def together(work: list[Any]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]


def test_twenty_posts_of_one_page_make_one_answer(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    token = minted(desk)
    form = Phone(centre).form(f"/r/{token}")
    before = stored(centre)

    def post() -> TestResponse:
        return Phone(centre, cookies=False).post(f"/r/{token}", **form, score=4)

    said = together([post] * 20)
    assert {(one.status_code, id_of(one.location or "")) for one in said} == {(303, form["id"])}
    added = {name: count - before[name] for name, count in stored(centre).items()}
    assert (added["SpentSlip"], added["PhoneDraft"]) == (1, 1)
    more = Phone(centre, cookies=False).form(f"/r/{token}/more?id={form['id']}")

    def send() -> TestResponse:
        return Phone(centre, cookies=False).post(f"/r/{token}/more", **more, topic=["wait"])

    assert {one.status_code for one in together([send] * 10)} == {303}
    row = response(centre, form["id"])
    assert (row.score, row.outcome, row.topics) == (4, "counted", ["wait"])
    assert stored(centre)["Response"] == before["Response"] + 1
    assert centre.index()["n"] == 1


def test_ten_browsers_with_one_slip_spend_it_once(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    token = minted(desk)
    phones = [Phone(centre) for _ in range(10)]
    forms = [phone.form(f"/r/{token}") for phone in phones]
    before = stored(centre)

    def tap(number: int) -> TestResponse:
        return phones[number].post(f"/r/{token}", **forms[number], score=1 + number % 5)

    said = together([lambda number=number: tap(number) for number in range(10)])
    codes = sorted(one.status_code for one in said)
    assert codes == [303] + [409] * 9
    for one in said:
        if one.status_code == 409:
            kind(one, "HL-409")
    (won,) = [number for number, one in enumerate(said) if one.status_code == 303]
    added = {name: count - before[name] for name, count in stored(centre).items()}
    assert (added["SpentSlip"], added["PhoneDraft"]) == (1, 1)
    phones[won].send(said[won].location, act="send")
    row = response(centre, forms[won]["id"])
    assert (row.score, row.outcome) == (1 + won % 5, "counted") and centre.index()["n"] == 1


def test_the_very_first_answer_keeps_its_time(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    before = centre.now().t
    address = Phone(centre).tap(minted(desk), 4)
    after = centre.now().t
    upkeep.settle(centre.database, centre.keys, after + QUARTER)
    row = response(centre, id_of(address))
    assert before <= row.at_ms == row.claimed_ms <= after


def test_ten_slips_at_once_are_ten_answers(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    tokens = [minted(desk) for _ in range(10)]

    def whole(token: str) -> TestResponse:
        phone = Phone(centre)
        return phone.send(phone.tap(token, 5), act="send")

    said = together([lambda token=token: whole(token) for token in tokens])
    assert {one.status_code for one in said} == {200}
    assert centre.index()["n"] == 10
