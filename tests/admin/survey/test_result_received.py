"""The question after the due day, whether the result has come: a yes is an answer about the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import jobs
from models.vocabulary import Stage
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import DAY, QUARTER, Phone, find_response, mint_slip, response_id_of

ASKED = "Ông/Bà đã nhận kết quả chưa?"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        centre.stop()
        yield centre, desk


def links(page: str) -> tuple[str, str]:
    """Where yes and no lead."""
    yes, no = re.findall(r'class="second" href="([^"]+)"', page)
    return yes.replace("&amp;", "&"), no.replace("&amp;", "&")


@pytest.mark.parametrize(("answer", "stage"), [("yes", "result"), ("no", "submission")])
def test_after_the_due_day_a_yes_is_about_the_result(scene: tuple[Centre, Desk], answer: str, stage: str) -> None:
    centre, desk = scene
    token, left = (mint_slip(desk, stage=Stage.SUBMISSION, due_days=3) for _ in range(2))
    phone = Phone(centre)
    centre.clock = 4 * DAY
    ids = []
    for one in (token, left):
        page = phone.get(f"/r/{one}")
        assert page.status_code == 200 and ASKED in page.text and 'name="score"' not in page.text
        address = links(page.text)[answer == "no"]
        form = phone.form(address)
        page_text = phone.get(address).text
        action = re.findall(r'<form method="post" action="([^"]+)"', page_text)[0]
        reply = phone.post(action, **form, score=4)
        assert reply.status_code == 303
        ids.append(response_id_of(reply.location))
        if one == token:
            assert "Cảm ơn" in phone.send(reply.location, comment="Xong").text
        again = phone.get(f"/r/{one}")  # the same browser is known, and not asked this again
        assert again.status_code == 200 and ASKED not in again.text and "/mine" in again.text
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + QUARTER)  # one was left alone
    assert {(find_response(centre, id).stage, find_response(centre, id).outcome) for id in ids} == {(stage, "counted")}


def test_nobody_is_asked_before_that_day_or_on_other_papers(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    early = mint_slip(desk, stage=Stage.SUBMISSION, due_days=3)
    others = [mint_slip(desk, stage=Stage.RESULT), mint_slip(desk, stage=Stage.SUBMISSION, due_days=None)]
    phone = Phone(centre)
    centre.clock = 3 * DAY
    assert 'name="score"' in phone.get(f"/r/{early}").text
    id = response_id_of(phone.tap(early + ".result", 5))  # said too early: it is no answer about the result
    centre.clock = 10 * DAY
    assert all('name="score"' in phone.get(f"/r/{token}").text for token in others)
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + QUARTER)
    assert find_response(centre, id).stage == "submission"
